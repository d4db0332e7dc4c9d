/** Whole runs with Modal sandboxes from the command line, over the stand-in: what a user sees, and what is left after a kill. */
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Sandbox } from "modal";
import { z } from "zod";
import docker from "../../sandboxes/docker.ts";
import { fieldsOf } from "../../src/store/read-trace.ts";
import { startStandIn, type StandIn } from "../modal-standin/stand-in.ts";
import { countingTask, project } from "../run/project.ts";
import { oneTrialTask, storedRun } from "../run/stored-run.ts";
import { hasEngine } from "./requires.ts";

const TASK = oneTrialTask(`
  files: { "input.txt": "one\\ntwo\\n" },
  reference: { commands: ["cat input.txt; echo err >&2; exit 3", "mkdir -p deep && echo made > deep/made.txt && mv input.txt moved.txt"], answer: "42" },
`);
const RUN = ["-m", "mock/oracle", "-H", "agent", "--sandbox"];
const NO_PACKAGE = fileURLToPath(new URL("../modal-standin/hide-package.process.ts", import.meta.url));
const pruneSchema = z.object({ backends: z.array(z.object({ backend: z.string(), removed: z.array(z.string()) })) });

describe.runIf(await hasEngine(docker, "scripts/start-docker.sh"))("runs in Modal", () => {
  const opened: { standIn?: StandIn } = {};
  const standIn = (): StandIn => {
    if (!opened.standIn) throw new Error("The stand-in did not start.");
    return opened.standIn;
  };
  beforeAll(async () => void (opened.standIn = await startStandIn()));
  afterAll(async () => {
    await opened.standIn?.noUnimplementedCalls();
    await opened.standIn?.[Symbol.asyncDispose]();
  });
  const environment = (more: Record<string, string> = {}): Record<string, string> => ({ ...standIn().environment, ...more });

  it("say at the end what the sandbox may have cost, and leave none", { timeout: 120_000 }, async () => {
    await using run = await storedRun(TASK, [...RUN, "modal"], environment());
    const [end] = (await Array.fromAsync(run.events())).flatMap((event) => fieldsOf(event, "sandbox.end") ?? []);
    expect(end).toMatchObject({ backend: "modal", commands: 2, estimatedCostUsd: expect.any(Number) });
    expect((await standIn().report()).sandboxes).toEqual([]);
  });

  it.each([
    [
      "no package",
      { NODE_OPTIONS: `--import=${NO_PACKAGE}` },
      /^assay: The package that speaks to Modal is not installed\. npm install modal@0\.11\.1 \[sandbox\/unavailable\]$/,
    ],
    [
      "no token",
      { MODAL_TOKEN_ID: "", MODAL_TOKEN_SECRET: "" },
      /^assay: There is no token for Modal, neither .*~\/\.modal\.toml\. Make one at https:\S+ and export both, or run `modal token new`\. \[sandbox\/unavailable\]$/,
    ],
    [
      "a wrong token",
      { MODAL_TOKEN_SECRET: "as-wrong" },
      /^assay: Modal refuses the token: Token validation failed\. Set MODAL_TOKEN_ID and MODAL_TOKEN_SECRET to .*\[sandbox\/unavailable\]$/,
    ],
  ])("end with one line that says what to do: %s", { timeout: 60_000 }, async (_what, more, line) => {
    await using folder = await project({ "task.ts": TASK });
    const { code, lastLine } = await folder.assay(["run", "-t", "./task.ts", ...RUN, "modal"], environment(more));
    expect(lastLine).toMatch(line);
    expect(code).toBe(2);
  });

  it("end with one line where the image cannot be built", { timeout: 60_000 }, async () => {
    const task = TASK.replace("sandbox: {}", 'sandbox: { dockerfile: "./box" }');
    await using folder = await project({ "task.ts": task, "box/Dockerfile": "FROM debian:bookworm-slim\nRUN echo no way; exit 7\n" });
    const { code, lastLine } = await folder.assay(["run", "-t", "./task.ts", ...RUN, "modal"], environment());
    expect(lastLine).toMatch(/^assay: Modal could not build image "box": .*returned a non-zero code: 7.* \[sandbox\/image\]$/);
    expect(code).toBe(2);
  });

  it("past the rate limit wait, then end in a line that says so and what to do", { timeout: 60_000 }, async () => {
    const hasty = `import { modalSandboxes } from "assay/sandboxes/modal";\nexport default modalSandboxes({ limits: { patienceMs: 1_000 } });\n`;
    await using folder = await project({ "task.ts": TASK, "hasty.ts": hasty });
    await standIn().setFaults({ createsPerSecond: 0 });
    const { code, stderr } = await folder.assay(["run", "-t", "./task.ts", ...RUN, "./hasty.ts"], environment());
    await standIn().setFaults({});
    expect(code).toBe(1);
    expect(stderr).toContain("Waiting for Modal, which has no room for another sandbox yet …\n");
    expect(stderr).toMatch(
      /^\[1\/1\] only {2}error {2}sandbox\/failed: Modal has no room .*rate limit.*\. Run fewer trials at once \(--concurrency\)/m,
    );
  });

  it("killed amidst leave sandboxes that prune ends, and no other one", { timeout: 120_000 }, async () => {
    const task = countingTask({ count: 4, instance: 'reference: { commands: ["sleep 60"], answer: String(n) },' });
    await using killed = await project({ "task.ts": task });
    await using living = await project({ "task.ts": task });
    const foreign = await foreignSandbox(environment());
    const args = ["run", "-t", "./task.ts", ...RUN, "modal", "--concurrency", "2"];
    const [first, second] = [killed.start(args, environment()), living.start(args, environment())];
    const byRun = async (): Promise<Map<string | undefined, string[]>> =>
      new Map(
        Map.groupBy((await standIn().report()).sandboxes, ({ tags }) => tags["assay-run"])
          .entries()
          .map(([run, sandboxes]) => [run, sandboxes.map(({ id }) => id)]),
      );
    const runs = async (): Promise<string[][]> => [...(await byRun()).entries()].flatMap(([run, ids]) => (run === undefined ? [] : [ids]));
    await expect.poll(async () => (await runs()).map((ids) => ids.length >= 2), { timeout: 60_000 }).toEqual([true, true]);
    const exited = once(first.child, "exit");
    first.child.kill("SIGKILL");
    await exited;
    const before = await runs();
    const { stdout } = await living.assay(["sandbox", "prune", "--json"], environment());
    const removed = pruneSchema.parse(JSON.parse(stdout)).backends.find(({ backend }) => backend === "modal")?.removed ?? [];
    // One run's were ended, all of them; the other's and what is nobody's here were not touched.
    const after = await byRun();
    expect(before.filter((ids) => ids.every((id) => removed.includes(id)))).toHaveLength(1);
    expect(await runs()).toHaveLength(1);
    expect(removed).not.toContain(foreign.sandboxId);
    expect(after.get(undefined)).toEqual([foreign.sandboxId]);
    second.child.kill("SIGINT");
    await second.finished;
    expect(await runs()).toEqual([]);
    await foreign.terminate();
  });
});

/** Somebody else's, in the same app and with tags of their own. */
async function foreignSandbox(environment: Record<string, string>): Promise<Sandbox> {
  Object.assign(process.env, environment);
  const { ModalClient } = await import("modal");
  const client = new ModalClient({ logLevel: "error" });
  const app = await client.apps.fromName("assay", { createIfMissing: true });
  return client.sandboxes.create(app, client.images.fromRegistry("debian:bookworm-slim"), { tags: { team: "others" } });
}

/** Whole runs with Modal sandboxes from the command line, over the stand-in: what a user sees, and what is left after a kill. */
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import docker from "../../sandboxes/docker.ts";
import { fieldsOf } from "../../src/store/read-trace.ts";
import { projectTrace } from "../../src/store/trace-projection.ts";
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

  it("leave the same trace as in docker, and say at the end what the sandbox may have cost", { timeout: 240_000 }, async () => {
    const inDocker = await projection("docker");
    await using run = await storedRun(TASK, [...RUN, "modal"], environment());
    const events = await Array.fromAsync(run.events());
    expect(projectTrace(events)).toEqual(inDocker);
    const [end] = events.flatMap((event) => fieldsOf(event, "sandbox.end") ?? []);
    expect(end).toMatchObject({ backend: "modal", commands: 2, estimatedCostUsd: expect.any(Number) });
    expect((await standIn().report()).sandboxes).toEqual([]);
  });

  async function projection(sandbox: string): Promise<string[]> {
    await using run = await storedRun(TASK, [...RUN, sandbox]);
    return projectTrace(await Array.fromAsync(run.events()));
  }

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

  it("killed amidst leave sandboxes that prune ends, and no other one", { timeout: 120_000 }, async () => {
    const task = countingTask({ count: 4, instance: 'reference: { commands: ["sleep 60"], answer: String(n) },' });
    await using killed = await project({ "task.ts": task });
    await using living = await project({ "task.ts": task });
    const args = ["run", "-t", "./task.ts", ...RUN, "modal", "--concurrency", "2"];
    const runs = [killed, living].map((folder) => folder.start(args, environment()));
    const ofRuns = async (): Promise<Map<string, string[]>> =>
      Map.groupBy((await standIn().report()).sandboxes, ({ tags }) => tags["assay-run"] ?? "")
        .entries()
        .reduce(
          (map, [run, sandboxes]) =>
            map.set(
              run,
              sandboxes.map(({ id }) => id),
            ),
          new Map<string, string[]>(),
        );
    await expect.poll(async () => [...(await ofRuns()).values()].map((ids) => ids.length >= 2), { timeout: 60_000 }).toEqual([true, true]);
    const [first] = runs;
    const exited = once(first?.child ?? process, "exit");
    first?.child.kill("SIGKILL");
    await exited;
    const before = (await standIn().report()).sandboxes;
    const { stdout } = await living.assay(["sandbox", "prune", "--json"], environment());
    const removed = pruneSchema.parse(JSON.parse(stdout)).backends.find(({ backend }) => backend === "modal")?.removed ?? [];
    const after = (await standIn().report()).sandboxes;
    expect(removed.length).toBeGreaterThanOrEqual(2);
    expect(after.length).toBeGreaterThanOrEqual(2);
    // One run's were ended, all of them; the other's were not touched.
    const runsOf = (sandboxes: typeof before): Set<string> => new Set(sandboxes.map(({ tags }) => tags["assay-run"] ?? ""));
    expect(runsOf(after).size).toBe(1);
    expect(runsOf(before.filter(({ id }) => removed.includes(id))).isDisjointFrom(runsOf(after))).toBe(true);
    runs[1]?.child.kill("SIGINT");
    await runs[1]?.finished;
    expect((await standIn().report()).sandboxes).toEqual([]);
  });
});

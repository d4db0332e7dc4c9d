/** However the harness dies, `assay sandbox prune` leaves nothing of it, and everything of everybody else. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import docker from "../../sandboxes/docker.ts";
import { sandboxSpecSchema } from "../../src/index.ts";
import { hasEngine } from "./requires.ts";

const BIN = fileURLToPath(new URL("../../bin/assay.js", import.meta.url));
const RUN_ID = `kill-${process.pid}-${Date.now()}`;
const pruneSchema = z.object({
  schema: z.literal("assay/prune@1"),
  backends: z.array(z.object({ backend: z.string(), removed: z.array(z.string()), kept: z.array(z.object({ id: z.string() })) })),
});

const names = async (...args: string[]): Promise<string[]> => (await execa("docker", args)).stdout.split("\n").filter(Boolean);
const containersOf = (runId: string) => names("ps", "--all", "--format", "{{.Names}}", "--filter", `label=assay.run=${runId}`);
const volumesOf = (runId: string) => names("volume", "ls", "--format", "{{.Name}}", "--filter", `label=assay.run=${runId}`);

/** Starts the process and kills it at a random moment of its work; returns how many sandboxes it has used. */
async function killedAmidst(): Promise<number> {
  const child = spawn(process.execPath, ["test/engines/start-sandboxes.ts", RUN_ID], {
    env: { ...process.env, NODE_COMPILE_CACHE: fileURLToPath(new URL("../../node_modules/.cache", import.meta.url)) },
    stdio: ["ignore", "pipe", "ignore"],
  });
  const exited = once(child, "exit");
  const tooEarly = exited.then(() => Promise.reject(new Error("the process ended by itself")));
  tooEarly.catch(() => {});
  let printed = "";
  child.stdout.on("data", (text: Buffer) => void (printed += text.toString()));
  await Promise.race([once(child.stdout, "data"), tooEarly]);
  await sleep(Math.random() * 500);
  child.kill("SIGKILL");
  await exited;
  return printed.split("\n").filter(Boolean).length;
}

/** Other people's containers, whose names and labels look like ours. */
async function strangers(): Promise<{ ids: string[] } & AsyncDisposable> {
  await using backend = await docker.open();
  const { image = "" } = await backend.prepare(sandboxSpecSchema.parse({}));
  const own = `${RUN_ID}-stranger`;
  const run = (name: string, ...labels: string[]) =>
    names("run", "--detach", `--name=${name}`, ...labels.map((label) => `--label=${label}`), image, "sleep", "600");
  const created = [
    await run(`assay-${own}`, "assay=1", "com.example.assay.owner={}"),
    await run(`${own}-a`, "assay.owner=the team that makes assays", "assay.run=1"),
    await names("create", `--name=${own}-b`, "--label=assay.owner=", image, "true"),
    await names(
      "create",
      `--name=${own}-c`,
      '--label=assay.owner={"pid":"x"}',
      "--label=assay.lease=2001-01-01T00:00:00.000Z",
      image,
      "true",
    ),
  ];
  const ids = created.flat();
  return { ids, [Symbol.asyncDispose]: async () => void (await execa("docker", ["rm", "--force", ...ids])) };
}

describe.runIf(await hasEngine(docker, "scripts/start-docker.sh"))("a harness that is killed", () => {
  it("50 times at random moments: prune lists and removes everything, and nothing of other people's", { timeout: 300_000 }, async () => {
    await using others = await strangers();
    let left = 50;
    const used: number[] = [];
    const worker = async (): Promise<void> => {
      while (left-- > 0) used.push(await killedAmidst());
    };
    await Promise.all([worker(), worker(), worker(), worker(), worker()]);
    const seen = await containersOf(RUN_ID);
    const { stdout } = await execa(process.execPath, [BIN, "sandbox", "prune", "--json"]);

    const { removed, kept } = pruneSchema.parse(JSON.parse(stdout)).backends.find(({ backend }) => backend === "docker") ?? {};
    expect(used.filter((count) => count > 0)).toHaveLength(50);
    // A few are gone already: the engine was still removing them for a process that had asked for it.
    const missed = seen.filter((id) => !removed?.includes(id));
    expect(missed.length).toBeLessThan(seen.length / 4);
    expect(kept?.filter(({ id }) => seen.includes(id))).toEqual([]);
    // What the engine was still asked to create would be there by now.
    await sleep(2_000);
    expect([...(await containersOf(RUN_ID)), ...(await volumesOf(RUN_ID))]).toEqual([]);
    expect(await names("ps", "--all", "--no-trunc", "--quiet", ...others.ids.map((id) => `--filter=id=${id}`))).toHaveLength(4);
  });
});

/** However the harness dies, `assay sandbox prune` leaves nothing of it, and everything of everybody else. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import docker from "../../sandboxes/docker.ts";
import { sandboxSpecSchema } from "../../src/index.ts";
import { countingTask, project } from "../run/project.ts";
import { hasEngine } from "./requires.ts";

const BIN = fileURLToPath(new URL("../../bin/assay.js", import.meta.url));
const RUN_ID = `kill-${process.pid}-${Date.now()}`;
const pruneSchema = z.object({
  schema: z.literal("assay/prune@1"),
  backends: z.array(z.object({ backend: z.string(), removed: z.array(z.string()), kept: z.array(z.object({ id: z.string() })) })),
});

const names = async (...args: string[]): Promise<string[]> => (await execa("docker", args)).stdout.split("\n").filter(Boolean);
const containersOf = async (runIds: readonly string[]): Promise<string[]> =>
  (await Promise.all(runIds.map((id) => names("ps", "--all", "--format", "{{.Names}}", "--filter", `label=assay.run=${id}`)))).flat();
const volumesOf = async (runIds: readonly string[]): Promise<string[]> =>
  (await Promise.all(runIds.map((id) => names("volume", "ls", "--format", "{{.Name}}", "--filter", `label=assay.run=${id}`)))).flat();

/** A whole run whose trials come and go, with two at once and two more ahead of need. */
const TASK = countingTask({ count: 100, instance: 'reference: { commands: ["sleep 0.1"], answer: String(n) },' });
const RUN = ["run", "-m", "mock/oracle", "-t", "./task.ts", "-H", "agent", "--sandbox", "docker", "--concurrency", "2"];
const PROGRAMS = 8;
const PROCESSES = 42;

/** Kills the process at a random moment of the next half second. */
async function killSoon(child: ChildProcess): Promise<void> {
  const exited = once(child, "exit");
  await sleep(Math.random() * 500);
  expect([child.exitCode, child.signalCode]).toEqual([null, null]);
  child.kill("SIGKILL");
  await exited;
}

/** Kills a process that starts and removes sandboxes, once one of them was used; returns their run. */
async function killedAmidst(): Promise<string> {
  const child = spawn(process.execPath, ["test/engines/start-sandboxes.ts", RUN_ID], {
    env: { ...process.env, NODE_COMPILE_CACHE: fileURLToPath(new URL("../../node_modules/.cache", import.meta.url)) },
    stdio: ["ignore", "pipe", "ignore"],
  });
  const tooEarly = once(child, "exit").then(() => Promise.reject(new Error("the process ended by itself")));
  tooEarly.catch(() => {});
  await Promise.race([once(child.stdout, "data"), tooEarly]);
  await killSoon(child);
  return RUN_ID;
}

/** Kills `assay run`, once the engine was asked for its first sandbox; returns its run. */
async function killedRun(): Promise<string> {
  await using folder = await project({ "task.ts": TASK });
  const { child } = folder.start(RUN, { ...(process.env["DOCKER_HOST"] && { DOCKER_HOST: process.env["DOCKER_HOST"] }) });
  const runs = async (): Promise<string[]> => readdir(join(folder.folder, "runs")).catch(() => []);
  while ((await containersOf(await runs())).length === 0 && child.exitCode === null) await sleep(250);
  const [runId = "none"] = await runs();
  await killSoon(child);
  return runId;
}

/** Other people's containers and volumes, whose names and labels look like ours. */
async function strangers(): Promise<{ ids: string[]; volumes: string[] } & AsyncDisposable> {
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
  const makeVolume = (name: string, ...labels: string[]) =>
    names("volume", "create", ...labels.map((label) => `--label=${label}`), `assay-${own}-${name}-verifier-files`);
  const volumes = [
    await makeVolume("plain"),
    await makeVolume("other", "assay=1", "com.example.assay.owner={}", "assay.run=1"),
    await makeVolume("words", "assay.owner=the team that makes assays", "assay.lease=2001-01-01T00:00:00.000Z"),
    await makeVolume("empty", "assay.owner="),
    await makeVolume("number", 'assay.owner={"pid":"x"}'),
  ].flat();
  return {
    ids,
    volumes,
    [Symbol.asyncDispose]: async () => {
      await execa("docker", ["rm", "--force", ...ids]);
      await execa("docker", ["volume", "rm", ...volumes]);
    },
  };
}

describe.runIf(await hasEngine(docker, "scripts/start-docker.sh"))("a harness that is killed", () => {
  it("50 times at random moments: prune lists and removes everything, and nothing of other people's", { timeout: 300_000 }, async () => {
    await using others = await strangers();
    // The runs first: each removes what others left before it.
    const victims = [...Array<typeof killedRun>(PROGRAMS).fill(killedRun), ...Array<typeof killedAmidst>(PROCESSES).fill(killedAmidst)];
    const killed: string[] = [];
    const worker = async (): Promise<void> => {
      for (let victim = victims.shift(); victim !== undefined; victim = victims.shift()) killed.push(await victim());
    };
    await Promise.all([worker(), worker(), worker(), worker(), worker()]);
    const runIds = [...new Set(killed)];
    expect([killed.length, runIds.length]).toEqual([50, PROGRAMS + 1]);
    const seen = await containersOf(runIds);
    const { stdout } = await execa(process.execPath, [BIN, "sandbox", "prune", "--json"]);

    const { removed, kept } = pruneSchema.parse(JSON.parse(stdout)).backends.find(({ backend }) => backend === "docker") ?? {};
    // A few are gone already: the engine was still removing them for a process that had asked for it.
    const missed = seen.filter((id) => !removed?.includes(id));
    expect(missed.length).toBeLessThan(seen.length / 4);
    expect(kept?.filter(({ id }) => seen.includes(id))).toEqual([]);
    // What the engine was still asked to create would be there by now.
    await sleep(2_000);
    expect([...(await containersOf(runIds)), ...(await volumesOf(runIds))]).toEqual([]);
    expect(await names("ps", "--all", "--no-trunc", "--quiet", ...others.ids.map((id) => `--filter=id=${id}`))).toHaveLength(4);
    expect(await names("volume", "ls", "--quiet", ...others.volumes.map((name) => `--filter=name=${name}`))).toHaveLength(5);
  });
});

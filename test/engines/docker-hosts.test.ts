/** Runs on two Docker hosts, one of which dies in the middle and comes back. */
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";
import { describe, expect, it } from "vitest";
import docker from "../../sandboxes/docker.ts";
import { sandboxSpecSchema, type Sandbox, type Snapshot } from "../../src/index.ts";
import { countingTask, eventsOf, ofType, onlyRun, project, recordOf, trialsIn, type Project, type Started } from "../run/project.ts";
import { hasEngine } from "./requires.ts";
import { secondDocker, whyNoSecondDocker, type SecondDocker } from "./second-docker.ts";

const IMAGE = "debian:bookworm-slim";
const FIRST = process.env["DOCKER_HOST"] ?? "unix:///var/run/docker.sock";
const TRIALS = 40;
const canRun = (await hasEngine(docker, "scripts/start-docker.sh")) && (await whyNoSecondDocker()) === undefined;

const TASK = countingTask({
  count: TRIALS,
  instance: 'reference: { commands: ["echo one > one; sleep 0.5", "cat one; sleep 0.5"], answer: String(n) },',
}).replace("sandbox: {}", `sandbox: { image: "${IMAGE}", cpus: 0.25, memoryMiB: 128 }`);

/** Of the run and any state; what a run leaves there. */
async function containersOf(address: string, runId: string): Promise<string> {
  return (await execa("docker", ["-H", address, "ps", "--all", "--quiet", "--filter", `label=assay.run=${runId}`])).stdout;
}

function onHosts(...hosts: string[]): string[] {
  return ["-H", "agent", "--sandbox", "docker", ...hosts.flatMap((host) => ["--docker-host", host])];
}

/** Starts the run, kills the second host when half of it is done, and returns all that it said. */
async function runWithDeath(folder: Project, second: SecondDocker): Promise<{ started: Started; said: () => string }> {
  const options = ["-t", "./task.ts", ...onHosts(FIRST, second.address), "--concurrency", "8", "--json"];
  const started = folder.start(["run", "-m", "mock/oracle", ...options]);
  let said = "";
  started.child.stderr.on("data", (text: string) => void (said += text));
  while (said.split(/\] n\d+ +completed/).length <= TRIALS / 2 && started.child.exitCode === null) await sleep(50);
  await second.kill();
  return { started, said: () => said };
}

describe.runIf(canRun)("two Docker hosts", () => {
  it("one's daemon dies half-way: all 40 trials complete, each once, and rows say where", { timeout: 300_000 }, async () => {
    await using second = await secondDocker([IMAGE]);
    await using folder = await project({ "task.ts": TASK });
    const { started, said } = await runWithDeath(folder, second);
    const finished = await started.finished;
    const run = onlyRun(finished);
    expect(run.counts).toMatchObject({ planned: TRIALS, completed: TRIALS, error: 0 });
    expect(finished.code).toBe(0);
    const rows = await trialsIn(folder, run);
    expect(new Set(rows.map(({ trialId }) => trialId)).size).toBe(TRIALS);
    expect(rows).toHaveLength(TRIALS);
    expect(new Set(rows.map(({ host }) => host))).toEqual(new Set([FIRST, second.address]));
    for (const row of rows) {
      const ready = ofType(await eventsOf(folder, run, row), "sandbox.start").find(({ phase }) => phase === "ready");
      expect(ready?.applied).toMatchObject({ host: row.host });
    }
    const again = rows.filter(({ attempt }) => attempt > 1);
    expect(again.length).toBeGreaterThan(0);
    expect(new Set(again.map(({ host }) => host))).toEqual(new Set([FIRST]));
    expect((await recordOf(folder, run)).sandbox).toMatchObject({ counting: { hosts: `${FIRST}, ${second.address}` } });

    expect(said()).toContain(`Docker at ${second.address} does not answer any more`);
    const prune = `assay sandbox prune --docker-host ${second.address}`;
    expect(finished.stderr).toContain(`To remove what was left: ${prune}`);
    expect(await containersOf(FIRST, run.runId)).toBe("");
    await second.start();
    expect(await containersOf(second.address, run.runId)).not.toBe("");
    const pruned = await folder.assay(prune.split(" ").slice(1));
    expect(pruned.stdout).toMatch(new RegExp(`^docker ${second.address}: \\d+ removed\n$`));
    expect(await containersOf(second.address, run.runId)).toBe("");
  });

  it("one's daemon dies and is back before the end: it is used again, and nothing is left on it", { timeout: 300_000 }, async () => {
    await using second = await secondDocker([IMAGE]);
    await using folder = await project({ "task.ts": TASK });
    const { started, said } = await runWithDeath(folder, second);
    while (!said().includes("does not answer any more") && started.child.exitCode === null) await sleep(50);
    await second.start();
    const finished = await started.finished;
    const run = onlyRun(finished);
    expect(run.counts).toMatchObject({ completed: TRIALS, error: 0 });
    expect(said()).toContain(`Docker at ${second.address} answers again.`);
    expect(finished.stderr).not.toContain("assay sandbox prune");
    expect(await containersOf(second.address, run.runId)).toBe("");
  });

  it("one that is not there from the start is told and done without; none at all is refused", { timeout: 120_000 }, async () => {
    await using folder = await project({ "task.ts": TASK });
    const args = ["run", "-m", "mock/oracle", "-t", "./task.ts", "-n", "2", "--json"];
    const one = await folder.assay([...args, ...onHosts(FIRST, "unix:///no/such.sock")]);
    expect(one.stderr).toContain("Warning: Docker does not answer at unix:///no/such.sock (ENOENT). Trials go to the other hosts.");
    expect(onlyRun(one).counts).toMatchObject({ completed: 2 });
    const none = await folder.assay([...args, ...onHosts("unix:///no/such.sock", "tcp://127.0.0.1:1")]);
    expect(none).toMatchObject({ code: 2, runs: [] });
    expect(none.lastLine).toBe(
      "assay: None of the 2 hosts can be used. Docker does not answer at unix:///no/such.sock (ENOENT). Docker does not answer at tcp://127.0.0.1:1 (ECONNREFUSED). Start Docker there, or name another --docker-host. [sandbox/unavailable]",
    );
  });

  it("a run that was begun on one host is resumed on another", { timeout: 120_000 }, async () => {
    await using folder = await project({ "task.ts": TASK });
    const begun = folder.start(
      ["run", "-m", "mock/oracle", "-t", "./task.ts", "-n", "6", "--concurrency", "1", "--json"].concat(onHosts(FIRST)),
    );
    let said = "";
    begun.child.stderr.on("data", (text: string) => void (said += text));
    while (!/\] n\d+ +completed/.test(said) && begun.child.exitCode === null) await sleep(50);
    begun.child.kill("SIGINT");
    const run = onlyRun(await begun.finished);
    expect(run.status).toBe("interrupted");
    const other = "unix:///var/run/../run/docker.sock";
    const resumed = await folder.assay(["run", "--resume", run.runId, "--max-time", "5m", "--docker-host", other, "--json"]);
    expect(onlyRun(resumed).counts).toMatchObject({ completed: 6 });
    expect(new Set((await trialsIn(folder, run)).map(({ host }) => host))).toEqual(new Set([FIRST, other]));
  });

  it("a snapshot starts where its image is: each host has built one of its own", { timeout: 120_000 }, async () => {
    await using second = await secondDocker([IMAGE]);
    await using folder = await project({ "image/Dockerfile": `FROM ${IMAGE}\nLABEL assay.test=${process.pid}\n` });
    await using backend = await docker.open({ hosts: [FIRST, second.address] });
    const spec = sandboxSpecSchema.parse({ dockerfile: join(folder.folder, "image"), cpus: 0.25, memoryMiB: 128 });
    const { image = "", digests = "" } = await backend.prepare(spec);
    await using scope = new AsyncDisposableStack();
    scope.defer(async () => void (await execa("docker", ["-H", FIRST, "image", "rm", image])));
    expect(digests.match(/sha256:\w+/g)).toHaveLength(2);
    const start = async (snapshot?: Snapshot): Promise<Sandbox> =>
      scope.use(await backend.start(spec, { owner: { runId: "hosts", trialId: "hosts/1/1", attempt: 1 }, ...(snapshot && { snapshot }) }));
    const sandboxes = await Promise.all([start(), start()]);
    expect(new Set(sandboxes.map(({ applied }) => applied["host"]))).toEqual(new Set([FIRST, second.address]));
    for (const sandbox of sandboxes) {
      await sandbox.writeFile("kept", String(sandbox.applied["host"]));
      const copy = await start(await sandbox.snapshot?.());
      expect(copy.applied["host"]).toBe(sandbox.applied["host"]);
      expect(Buffer.from(await copy.readFile("kept")).toString()).toBe(sandbox.applied["host"]);
    }
  });

  it("an image that only one host has: the other says so, and gets none of its trials", { timeout: 120_000 }, async () => {
    await using second = await secondDocker([]);
    const said: string[] = [];
    await using backend = await docker.open({ hosts: [FIRST, second.address], onProgress: (line) => said.push(line) });
    const spec = sandboxSpecSchema.parse({ image: IMAGE });
    expect(await backend.prepare(spec)).toMatchObject({ hosts: FIRST });
    expect(said).toEqual([
      expect.stringMatching(
        `^Warning: ${second.address}: Image "${IMAGE}" is not here and cannot be pulled: .* Its trials go to the other hosts.$`,
      ),
    ]);
    const owner = { runId: "hosts", trialId: "hosts/1/1", attempt: 1 };
    const sandboxes = await Promise.all([1, 2, 3].map(() => backend.start(spec, { owner })));
    expect(sandboxes.map(({ applied }) => applied["host"])).toEqual([FIRST, FIRST, FIRST]);
  });
});

describe("--docker-host", () => {
  it("is refused in one line by a sandbox that runs on no host, and where it is no address", async () => {
    await using folder = await project({ "task.ts": TASK.replace(/sandbox: \{ image.*\}/, "sandbox: {}") });
    const run = ["run", "-m", "mock/oracle", "-t", "./task.ts", "-H", "agent"];
    const embedded = await folder.assay([...run, "--docker-host", "tcp://box:2376"]);
    expect(embedded.lastLine).toBe(
      "assay: --docker-host tcp://box:2376: the sandbox embedded runs on no hosts that are named. Leave it out, or choose --sandbox docker. [usage/bad-option]",
    );
    for (const command of [run, ["doctor"], ["sandbox", "prune"]]) {
      const wrong = await folder.assay([...command, "--docker-host", "box:2376"]);
      expect(wrong.lastLine).toMatch(
        /^assay: --docker-host box:2376: expected an address that begins with unix:\/\/, tcp:\/\/ or ssh:\/\//,
      );
      const secret = await folder.assay([...command, "--docker-host", "tcp://me:word@box"]);
      expect(secret.lastLine).toContain("expected an address without a password");
    }
  });
});

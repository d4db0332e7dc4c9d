import { execa } from "execa";
import { describe, expect, it } from "vitest";
import docker from "../../sandboxes/docker.ts";
import { sandboxSpecSchema } from "../../src/index.ts";
import { hasEngine } from "./requires.ts";

const spec = sandboxSpecSchema.parse({});

/** The names of the containers, in any state, that carry a run's label; asked of the Engine by its own client. */
async function containersOf(runId: string): Promise<string[]> {
  const { stdout } = await execa("docker", ["ps", "--all", "--format", "{{.Names}}", "--filter", `label=assay.run=${runId}`]);
  return stdout.split("\n").filter(Boolean);
}

/** Each test's own, so that another run on the same Engine does not count. */
function ownerOf(name: string): { runId: string; trialId: string; attempt: number } {
  return { runId: `${name}-${process.pid}-${Date.now()}`, trialId: `${name}/1/1`, attempt: 1 };
}

describe.runIf(await hasEngine(docker, "scripts/start-docker.sh"))("docker leaves nothing behind", () => {
  it("after a success", async () => {
    const owner = ownerOf("success");
    await using backend = await docker.open();
    {
      await using sandbox = await backend.start(spec, { owner });
      await sandbox.exec("sleep 60 & echo x > file");
      expect(await containersOf(owner.runId)).toEqual([sandbox.id]);
    }
    expect(await containersOf(owner.runId)).toEqual([]);
  });

  it("after an error in the middle of a trial", async () => {
    const owner = ownerOf("error");
    await using backend = await docker.open();
    const trial = async (): Promise<void> => {
      await using sandbox = await backend.start(spec, { owner });
      await sandbox.readFile("/no/such/file");
    };
    await expect(trial()).rejects.toMatchObject({ code: "sandbox/path" });
    expect(await containersOf(owner.runId)).toEqual([]);
  });

  it("when the backend is closed before its sandboxes", async () => {
    const owner = ownerOf("closed");
    const backend = await docker.open();
    await backend.start(spec, { owner });
    await backend[Symbol.asyncDispose]();
    expect(await containersOf(owner.runId)).toEqual([]);
  });

  it("when a start is aborted at any moment", async () => {
    const owner = ownerOf("abort");
    await using backend = await docker.open();
    await backend.prepare(spec);
    const messages: string[] = [];
    for (const afterMs of [0, 5, 15, 30, 60, 90, 130, 180]) {
      const controller = new AbortController();
      setTimeout(() => controller.abort(new Error("stopped")), afterMs);
      try {
        await using sandbox = await backend.start(spec, { owner, signal: controller.signal });
        await sandbox.exec("true");
      } catch (error) {
        messages.push(String(error));
      }
    }
    expect(new Set(messages)).toEqual(new Set(["Error: stopped"]));
    expect(await containersOf(owner.runId)).toEqual([]);
  });

  it("when the start fails in the container", async () => {
    const owner = ownerOf("failed-start");
    await using backend = await docker.open();
    const start = backend.start(sandboxSpecSchema.parse({ user: "no-such-user" }), { owner });
    await expect(start).rejects.toMatchObject({ code: "sandbox/failed", message: expect.stringContaining("no-such-user") });
    expect(await containersOf(owner.runId)).toEqual([]);
  });

  it("after kill -9 of the process that owns it, once somebody prunes; what lives stays", async () => {
    const owner = ownerOf("killed");
    const living = ownerOf("living");
    await using backend = await docker.open();
    await using alive = await backend.start(spec, { owner: living });
    const child = execa(process.execPath, ["test/engines/hold-sandbox.ts", owner.runId], { reject: false });
    const ids = await new Promise<string[]>((resolve) => {
      child.stdout.once("data", (line: Buffer) => resolve(line.toString().trim().split(" ")));
    });
    expect((await containersOf(owner.runId)).toSorted()).toEqual(ids.toSorted());
    expect((await backend.prune()).kept.map((kept) => kept.id)).toEqual(expect.arrayContaining(ids));

    child.kill("SIGKILL");
    await child;
    const pruned = await backend.prune();
    expect(pruned.removed).toEqual(expect.arrayContaining(ids));
    expect(pruned.removed).not.toContain(alive.id);
    expect(await containersOf(owner.runId)).toEqual([]);
    expect((await alive.exec("true")).exitCode).toBe(0);
  });

  it("keeps another machine's sandbox until its lease has passed, and removes it when it has stopped", async () => {
    const owner = ownerOf("elsewhere");
    await using backend = await docker.open();
    await using own = await backend.start(spec, { owner });
    const image = String(own.applied["image"]);
    const run = async (name: string, lease: string, command: string): Promise<string> => {
      const container = `${owner.runId}-${name}`;
      await execa("docker", [
        "run",
        "--detach",
        `--name=${container}`,
        `--label=assay.owner=${JSON.stringify({ pid: 1, host: "elsewhere", bootId: "boot", startedAt: "1" })}`,
        `--label=assay.run=${owner.runId}`,
        `--label=assay.lease=${lease}`,
        image,
        "sh",
        "-c",
        command,
      ]);
      return container;
    };
    const [leased, expired, stopped] = await Promise.all([
      run("leased", "2999-01-01T00:00:00.000Z", "sleep 600"),
      run("expired", "2001-01-01T00:00:00.000Z", "sleep 600"),
      run("stopped", "2999-01-01T00:00:00.000Z", "true"),
    ]);
    await execa("docker", ["wait", stopped]);
    const pruned = await backend.prune();
    expect(pruned.removed).toEqual(expect.arrayContaining([expired, stopped]));
    expect(pruned.kept).toContainEqual({ id: leased, reason: "another machine's, with a lease until 2999-01-01T00:00:00.000Z" });
    await execa("docker", ["rm", "--force", leased]);
    expect(await containersOf(owner.runId)).toEqual([own.id]);
  });

  it("keeps no socket or timer that would hold the process", async () => {
    const child = await execa(process.execPath, ["test/engines/hold-sandbox.ts", ownerOf("leaves").runId, "--leave"], { timeout: 30_000 });
    expect(child.exitCode).toBe(0);
  });
});

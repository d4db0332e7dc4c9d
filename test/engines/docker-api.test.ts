/** What is asked of a Docker Engine: no version of its API, and no network. */
import { execa } from "execa";
import { afterEach, describe, expect, it, vi } from "vitest";
import docker from "../../sandboxes/docker.ts";
import { sandboxSpecSchema, type Sandbox } from "../../src/index.ts";
import { oneTrialTask, storedRun } from "../run/stored-run.ts";
import { text } from "../sandboxes/contract/context.ts";
import { leftOf, testEngines } from "./engines.ts";
import { unversionedEngine } from "./unversioned-engine.ts";

const spec = sandboxSpecSchema.parse({});
const ownerOf = (name: string) => ({ runId: `${name}-${process.pid}-${Date.now()}`, trialId: `${name}/1/1`, attempt: 1 });
const SOCKET = (process.env["DOCKER_HOST"] ?? "unix:///var/run/docker.sock").replace(/^unix:\/\//, "");

for (const engine of await testEngines("docker"))
  describe.runIf(engine.isHere)("docker's API", () => {
    afterEach(() => void vi.unstubAllEnvs());

    it("is used without a version, so that engines which have dropped old ones serve as well", async () => {
      await using proxy = await unversionedEngine(SOCKET);
      vi.stubEnv("DOCKER_HOST", proxy.address);
      expect(await docker.availability()).toMatchObject({ isAvailable: true, detail: expect.stringContaining(proxy.address) });
      const owner = ownerOf("unversioned");
      await using backend = await docker.open();
      {
        await using sandbox = await backend.start(sandboxSpecSchema.parse({ diskMiB: 64, tmpfs: { "/cache": 8 } }), { owner });
        expect(text((await sandbox.exec("cat", { stdin: "over a lane" })).stdout)).toBe("over a lane");
        await using shell = await sandbox.shell();
        expect(text((await shell.exec("echo in a session")).stdout)).toBe("in a session\n");
        await sandbox.writeFile("tree/file", "content");
        await sandbox.upload(await sandbox.download("tree"), { into: "copy" });
        expect(text(await sandbox.readFile("copy/tree/file"))).toBe("content");
        const verified = await sandbox.verify?.({ command: 'cat "$VERIFIER/given"', files: { given: "graded" } });
        expect(text(verified?.stdout ?? new Uint8Array())).toBe("graded");
        expect((await backend.prune()).kept.map(({ id }) => id)).toContain(sandbox.id);
      }
      expect(await leftOf(engine, owner.runId)).toEqual([]);
      for (const call of [
        "POST /containers/create",
        "POST /exec/",
        "PUT /containers/",
        "GET /volumes",
        "DELETE /containers/",
        "DELETE /volumes/",
      ])
        expect(proxy.calls.filter((each) => each.startsWith(call))).not.toEqual([]);
      expect(proxy.calls.filter((call) => /^\w+ \/v\d/.test(call))).toEqual([]);
    });

    it("is used without a version by a whole run", async () => {
      await using proxy = await unversionedEngine(SOCKET);
      const task = oneTrialTask('reference: { commands: ["echo made > made"], answer: "42" },');
      await using run = await storedRun(task, ["-m", "mock/oracle", "-H", "agent", "--sandbox", "docker"], { DOCKER_HOST: proxy.address });
      expect(run.rows).toMatchObject([{ status: "completed", scores: [{ value: 1 }] }]);
      expect(proxy.calls.filter((call) => /^\w+ \/v\d/.test(call))).toEqual([]);
      expect(proxy.calls.length).toBeGreaterThan(10);
    });

    it("makes no network: not for twelve sandboxes, one of which may use one, and not for a prune", async () => {
      const networks = async (): Promise<string[]> =>
        (await execa("docker", ["network", "ls", "--quiet", "--no-trunc"])).stdout.split("\n").toSorted();
      const before = await networks();
      const owner = ownerOf("networks");
      await using backend = await docker.open();
      const start = (index: number): Promise<Sandbox> => backend.start(index === 0 ? { ...spec, network: "bridge" } : spec, { owner });
      const sandboxes = await Promise.all(Array.from({ length: 12 }, (_none, index) => start(index)));
      expect(sandboxes.map(({ applied }) => applied["network"]).toSorted()).toEqual(["bridge", ...Array<string>(11).fill("none")]);
      expect(await networks()).toEqual(before);
      await Promise.all(sandboxes.map((sandbox) => sandbox[Symbol.asyncDispose]()));
      await backend.prune();
      expect(await networks()).toEqual(before);
    });
  });

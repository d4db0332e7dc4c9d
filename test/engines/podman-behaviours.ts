/** What is Podman's own, or easily otherwise than with Docker: registered for the rootful and the rootless service alike. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Docker from "dockerode";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { podmanSandbox } from "../../sandboxes/podman.ts";
import { sandboxSpecSchema, type SandboxBackend } from "../../src/index.ts";
import { text } from "../sandboxes/contract/context.ts";

const spec = sandboxSpecSchema.parse({});

export function podmanBehaviours(mode: "rootful" | "rootless", address: string): void {
  const podman = podmanSandbox({ addresses: () => [address] });
  const client = new Docker({ socketPath: address.slice("unix://".length), host: "" });
  const owner = (name: string) => ({ runId: `${name}-${mode}-${process.pid}-${Date.now()}`, trialId: `${name}/1/1`, attempt: 1 });
  const containersOf = async (runId: string): Promise<string[]> => {
    const found = await client.listContainers({ all: true, filters: { label: [`assay.run=${runId}`] } });
    return found.map(({ Names }) => Names[0]?.slice(1) ?? "");
  };
  const volumesOf = async (containers: readonly string[]): Promise<string[]> => {
    const { Volumes } = await client.listVolumes();
    return (Volumes ?? []).map(({ Name }) => Name).filter((name) => containers.some((container) => name.startsWith(container)));
  };

  describe(`podman's own (${mode})`, () => {
    const opened: { backend?: SandboxBackend; folder?: string } = {};
    const made: string[] = [];
    const backend = (): SandboxBackend => {
      if (!opened.backend) throw new Error("The backend did not open.");
      return opened.backend;
    };
    beforeAll(async () => {
      opened.backend = await podman.open();
      opened.folder = await mkdtemp(join(tmpdir(), "assay-podman-test-"));
      await backend().prepare(spec);
    });
    afterAll(async () => {
      await opened.backend?.[Symbol.asyncDispose]();
      for (const image of made) await client.getImage(image).remove({ force: true });
      if (opened.folder) await rm(opened.folder, { recursive: true });
    });

    it("says which Podman it is, how it runs and what it does not enforce", async () => {
      const found = await podman.availability();
      if (!found.isAvailable) throw new Error(found.reason);
      expect(found.detail).toMatch(new RegExp(`^Podman [\\d.]+ at ${address}, .*${mode}$`));
      await using sandbox = await backend().start(spec, { owner: owner("applied") });
      const { cpus, memoryMiB, pids, notEnforced } = sandbox.applied;
      const limits = found.notes?.find((note) => note.startsWith("Limits"));
      if (limits === undefined) {
        expect([cpus, memoryMiB, pids, notEnforced]).toEqual([2, 2048, 1024, undefined]);
      } else {
        expect(mode).toBe("rootless");
        expect(limits).toBe(`Limits that are not enforced: ${String(notEnforced).replace(/: (.+)$/, " ($1).")}`);
      }
    });

    it("refuses a task that needs limits where they do not hold, before anything starts", async () => {
      const found = await podman.availability();
      const holds = found.isAvailable && !found.notes?.some((note) => note.startsWith("Limits"));
      const prepare = backend().prepare(sandboxSpecSchema.parse({ needs: ["canLimitResources"] }));
      if (holds) await expect(prepare).resolves.toHaveProperty("image");
      else await expect(prepare).rejects.toMatchObject({ code: "config/unsupported", message: expect.stringContaining("rootless") });
    });

    it("applies ulimits, or says that they are not enforced", async () => {
      await using sandbox = await backend().start(sandboxSpecSchema.parse({ ulimits: { nofile: 321 } }), { owner: owner("ulimits") });
      const seen = text((await sandbox.exec("ulimit -n")).stdout);
      if (mode === "rootful") expect([seen, sandbox.applied["ulimits.nofile"]]).toEqual(["321\n", 321]);
      else expect(seen === "321\n" || String(sandbox.applied["notEnforced"]).includes("ulimits.nofile")).toBe(true);
    });

    it("holds folders in memory to their sizes, also below a root that is read-only", async () => {
      const limited = sandboxSpecSchema.parse({ diskMiB: 16, readOnlyRoot: true, tmpfs: { "/scratch": 8 } });
      await using sandbox = await backend().start(limited, { owner: owner("memory") });
      expect(sandbox.applied).toMatchObject({ diskMiB: 16, "tmpfs./scratch": 8, readOnlyRoot: true });
      const result = await sandbox.exec(
        "touch here ~/there /tmp/x /scratch/y && echo written; head -c 20000000 /dev/zero >here; touch /etc/x",
      );
      expect(text(result.stdout)).toBe("written\n");
      expect(text(result.stderr)).toMatch(/No space left on device[^]*Read-only file system/);
      await sandbox.writeFile("/scratch/z", "put");
      expect(text(await sandbox.readFile("/scratch/z"))).toBe("put");
    });

    it("gives a network where the spec asks for one, and none else", async () => {
      await using networked = await backend().start(sandboxSpecSchema.parse({ network: "bridge" }), { owner: owner("network") });
      expect(
        text((await networked.exec("ls /sys/class/net")).stdout)
          .trim()
          .split("\n").length,
      ).toBeGreaterThan(1);
      await using alone = await backend().start(spec, { owner: owner("network") });
      expect(text((await alone.exec("ls /sys/class/net")).stdout)).toBe("lo\n");
    });

    it("finds an image of this machine, which Podman calls localhost/NAME, by the name that Docker would have", async () => {
      const { image = "" } = await backend().prepare(spec);
      await client.getImage(image).tag({ repo: "localhost/assay-test-local", tag: String(process.pid) });
      made.push(`localhost/assay-test-local:${process.pid}`);
      const local = sandboxSpecSchema.parse({ image: `assay-test-local:${process.pid}` });
      await using sandbox = await backend().start(local, { owner: owner("local") });
      expect(sandbox.applied["image"]).toBe(`assay-test-local:${process.pid}`);
    });

    it("says in one line that an image cannot be had, in Podman's words", async () => {
      const image = "no-such-registry.invalid/no/such:image";
      await expect(backend().prepare(sandboxSpecSchema.parse({ image }))).rejects.toMatchObject({
        code: "sandbox/image",
        message: expect.stringMatching(/^Image "no-such-registry\.invalid\/no\/such:image" is not here and cannot be pulled: [^\n]+$/),
        hint: expect.stringContaining("podman pull"),
      });
    });

    it("builds a Dockerfile once, and says what another one failed at", async () => {
      const folder = opened.folder ?? "";
      await writeFile(join(folder, "Dockerfile"), "FROM debian:bookworm-slim\nCOPY data.txt /data.txt\n");
      await writeFile(join(folder, "data.txt"), `content ${process.pid}`);
      const built = await backend().prepare(sandboxSpecSchema.parse({ dockerfile: folder }));
      made.push(built["image"] ?? "");
      await using another = await podman.open();
      const lines: string[] = [];
      const again = await another.prepare(sandboxSpecSchema.parse({ dockerfile: folder }), { onProgress: (line) => void lines.push(line) });
      expect([again, lines]).toEqual([built, []]);
      await using sandbox = await another.start(sandboxSpecSchema.parse({ dockerfile: folder }), { owner: owner("built") });
      expect(text(await sandbox.readFile("/data.txt"))).toBe(`content ${process.pid}`);

      await writeFile(join(folder, "broken.Dockerfile"), "FROM debian:bookworm-slim\nRUN echo broken; exit 9\n");
      await expect(backend().prepare(sandboxSpecSchema.parse({ dockerfile: join(folder, "broken.Dockerfile") }))).rejects.toMatchObject({
        code: "sandbox/image",
        message: expect.stringMatching(/^Dockerfile ".+" cannot be built: [^\n]*9[^\n]*$/),
        hint: expect.stringContaining("podman build"),
      });
    });

    it("leaves nothing when a start is aborted at any moment", async () => {
      const aborted = owner("abort");
      for (const afterMs of [0, 15, 60, 120, 200]) {
        const controller = new AbortController();
        setTimeout(() => controller.abort(new Error("stopped")), afterMs);
        try {
          await using sandbox = await backend().start(spec, { owner: aborted, signal: controller.signal });
          await sandbox.exec("true");
        } catch (error) {
          expect(String(error)).toBe("Error: stopped");
        }
      }
      expect(await containersOf(aborted.runId)).toEqual([]);
    });

    it("removes what a killed process left, once somebody prunes; what lives stays", async () => {
      const killed = owner("killed");
      await using alive = await backend().start(spec, { owner: owner("living") });
      const child = execa(process.execPath, ["test/engines/hold-sandbox.ts", killed.runId, "--stay", "podman"], {
        reject: false,
        env: { CONTAINER_HOST: address },
      });
      const ids = await new Promise<string[]>((resolve, reject) => {
        child.stdout.once("data", (line: Buffer) => resolve(line.toString().trim().split(" ")));
        void child.then(({ stderr }) => reject(new Error(stderr)));
      });
      expect((await containersOf(killed.runId)).toSorted()).toEqual(ids.toSorted());
      child.kill("SIGKILL");
      await child;
      const pruned = await backend().prune();
      expect(pruned.removed).toEqual(expect.arrayContaining(ids));
      expect(pruned.removed).not.toContain(alive.id);
      expect([await containersOf(killed.runId), await volumesOf(ids)]).toEqual([[], []]);
      expect((await alive.exec("true")).exitCode).toBe(0);
    });
  });
}

import { existsSync } from "node:fs";
import { mkdtempDisposable, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { installedPodman, startPodmanService } from "../../sandboxes/container/engine/podman-service.ts";
import { podmanSandbox } from "../../sandboxes/podman.ts";
import { sandboxSpecSchema } from "../../src/index.ts";
import { text } from "../sandboxes/contract/context.ts";
import { HOW_TO_START } from "./podman-sockets.ts";
import { hasEngine } from "./requires.ts";

const unheard = podmanSandbox({ addresses: () => [] });
const spec = sandboxSpecSchema.parse({});
const owner = { runId: `podman-service-${process.pid}`, trialId: "podman-service/1/1", attempt: 1 };

describe.runIf(await hasEngine(unheard, HOW_TO_START))("podman where no socket answers", () => {
  const before = process.env["CONTAINER_HOST"];
  beforeAll(() => void delete process.env["CONTAINER_HOST"]);
  afterAll(() => {
    if (before !== undefined) process.env["CONTAINER_HOST"] = before;
  });

  it("says that it will start a service, and which Podman that is", async () => {
    const version = (await installedPodman())?.version.Version;
    expect(await unheard.availability()).toMatchObject({
      isAvailable: true,
      version,
      detail: expect.stringMatching(/^Podman [\d.]+, root(ful|less); no socket answers, so each run starts a service of its own$/),
    });
  });

  it("runs sandboxes by a service of its own, and prunes what another one left", async () => {
    const first = await unheard.open();
    const left = await first.start(spec, { owner });
    expect(text((await left.exec("echo here")).stdout)).toBe("here\n");
    await using second = await unheard.open();
    expect((await second.prune()).kept.map(({ id }) => id)).toContain(left.id);
    await first[Symbol.asyncDispose]();
    expect((await second.prune()).kept.map(({ id }) => id)).not.toContain(left.id);
  });

  it("leaves no file where it was started when a sandbox uses up its memory", async () => {
    // As the one that it leaves is called.
    const file = "oom";
    await rm(file, { force: true });
    await using backend = await unheard.open();
    await using sandbox = await backend.start(sandboxSpecSchema.parse({ memoryMiB: 64 }), { owner });
    expect(await sandbox.exec("python3 -c 'bytearray(256 << 20)'")).toMatchObject({ exitCode: 137 });
    await sleep(500);
    expect(existsSync(file)).toBe(false);
  });

  it("starts sandboxes where a default ulimit has a soft and a hard one, which Podman swaps", async () => {
    await using folder = await mkdtempDisposable(join(tmpdir(), "assay-podman-test-"));
    const path = join(folder.path, "containers.conf");
    const machines = await readFile("/etc/containers/containers.conf", "utf8").catch(() => "");
    const limits = 'default_ulimits = ["nofile=1024:4096", "nproc=2048:4096"]';
    const settings = machines.replace(/^default_ulimits.*$/m, limits);
    await writeFile(path, settings === machines ? `${machines}\n[containers]\n${limits}\n` : settings);
    vi.stubEnv("CONTAINERS_CONF", path);
    try {
      await using backend = await unheard.open();
      await using sandbox = await backend.start(spec, { owner });
      const seen = text((await sandbox.exec("ulimit -Sn; ulimit -Hn")).stdout);
      // A rootless Podman gives every container the limits of its own user.
      if (process.getuid?.() === 0) expect(seen).toBe("1024\n4096\n");
    } finally {
      vi.unstubAllEnvs();
    }
  });

  it("ends the service when it is disposed of, and its folder goes", async () => {
    const service = await startPodmanService();
    const path = service.address.slice("unix://".length);
    expect(existsSync(path)).toBe(true);
    await service[Symbol.asyncDispose]();
    expect([existsSync(path), existsSync(path.replace(/\/[^/]+$/, ""))]).toEqual([false, false]);
  });

  it("leaves no service when the process is killed", { timeout: 60_000 }, async () => {
    const program =
      'const { startPodmanService } = await import("./sandboxes/container/engine/podman-service.ts");' +
      "const service = await startPodmanService(); console.log(service.address); setInterval(() => {}, 1000);";
    const child = execa(process.execPath, ["--input-type=module", "-e", program], { reject: false });
    const address = await new Promise<string>((resolve, reject) => {
      child.stdout.once("data", (line: Buffer) => resolve(line.toString().trim()));
      void child.then(({ stderr }) => reject(new Error(stderr)));
    });
    child.kill("SIGKILL");
    await child;
    const folder = address.slice("unix://".length).replace(/\/[^/]+$/, "");
    for (let waited = 0; existsSync(folder) && waited < 30_000; waited += 200) await sleep(200);
    expect(existsSync(folder)).toBe(false);
  });

  it("takes CONTAINER_HOST alone where it is set, and says so when nobody listens there", async () => {
    process.env["CONTAINER_HOST"] = "unix:///no/such/podman.sock";
    try {
      const { default: podman } = await import("../../sandboxes/podman.ts");
      expect(await podman.availability()).toMatchObject({
        isAvailable: false,
        reason: "Podman does not answer at unix:///no/such/podman.sock (ENOENT).",
        hint: expect.stringMatching(/^CONTAINER_HOST names that address/),
      });
      await expect(podman.open()).rejects.toMatchObject({ code: "sandbox/unavailable" });
    } finally {
      delete process.env["CONTAINER_HOST"];
    }
  });
});

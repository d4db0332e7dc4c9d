/** `assay doctor` where there are engines. */
import { chmod, mkdir, mkdtempDisposable, symlink } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { testEngines } from "./engines.ts";

const BIN = fileURLToPath(new URL("../../bin/assay.js", import.meta.url));
const outputSchema = z.object({
  checks: z.array(
    z.object({
      name: z.string(),
      isUsable: z.boolean(),
      detail: z.string(),
      version: z.string().optional(),
      hint: z.string().optional(),
      notes: z.array(z.string()).optional(),
    }),
  ),
});

/** What it says of one sandbox with these variables alone; `uid` is whose process it is. */
async function doctor(sandbox: string, env: Record<string, string>, uid?: number) {
  const { stdout } = await execa(process.execPath, [BIN, "doctor", "--json"], {
    env: { PATH: process.env["PATH"] ?? "", ...env },
    extendEnv: false,
    cwd: "/",
    ...(uid !== undefined && { uid, gid: uid }),
  });
  const check = outputSchema.parse(JSON.parse(stdout)).checks.find(({ name }) => name === `sandbox ${sandbox}`);
  if (!check) throw new Error(`nothing of ${sandbox}`);
  return check;
}

const NOBODY = 65_534;
const [docker, rootful, rootless] = await testEngines("docker", "rootful", "rootless");

describe("assay doctor with engines", () => {
  it.runIf(docker?.isHere)("says Docker's version, storage driver and control groups", async () => {
    const found = await doctor("docker", process.env["DOCKER_HOST"] ? { DOCKER_HOST: process.env["DOCKER_HOST"] } : {});
    const { stdout } = await execa("docker", ["info", "--format", "{{.ServerVersion}} {{.Driver}} {{.CgroupVersion}}"]);
    const [version = "", driver, cgroups] = stdout.split(" ");
    expect(found).toMatchObject({ isUsable: true, version });
    expect(found.detail).toMatch(new RegExp(`^Docker ${version.replaceAll(/[.+]/g, "\\$&")} at \\S+, ${driver}, cgroups v${cgroups}$`));
  });

  it.runIf(rootful?.isHere)("says of a rootful Podman that it is one, and nothing of limits", async () => {
    const found = await doctor("podman", rootful?.environment ?? {});
    expect(found).toMatchObject({
      isUsable: true,
      detail: expect.stringMatching(/^Podman [\d.]+ at unix:\S+, \w+, cgroups v[12], rootful$/),
    });
    expect(found.notes?.filter((note) => note.startsWith("Limits")) ?? []).toEqual([]);
  });

  it.runIf(rootless?.isHere)("says of a rootless Podman that it is one, and which limits do not hold on control groups v1", async () => {
    const found = await doctor("podman", rootless?.environment ?? {});
    expect(found).toMatchObject({
      isUsable: true,
      detail: expect.stringMatching(/^Podman [\d.]+ at unix:\S+, \w+, cgroups v[12], rootless$/),
    });
    if (!found.detail.includes("cgroups v1")) return;
    expect(found.notes).toContain("Limits that are not enforced: cpus, memoryMiB, pids (rootless on cgroups v1).");
  });

  it.runIf(rootful?.isHere && rootless?.isHere)(
    "takes the user's own Podman before the machine's, and the machine's where the user has none",
    async () => {
      await using runtime = await mkdtempDisposable(join(tmpdir(), "assay-runtime-"));
      const own = join(runtime.path, "podman/podman.sock");
      const environment = { XDG_RUNTIME_DIR: runtime.path };
      expect((await doctor("podman", environment)).detail).toMatch(/ at unix:\/\/\/run\/podman\/podman\.sock, .*rootful$/);
      await mkdir(join(runtime.path, "podman"));
      await symlink(rootless?.environment["CONTAINER_HOST"]?.slice("unix://".length) ?? "", own);
      const found = await doctor("podman", environment);
      expect(found.detail).toContain(` at unix://${own}, `);
      expect(found.detail).toMatch(/rootless$/);
    },
  );

  it("says that this user may not use an engine's socket", async ({ skip }) => {
    // No mode keeps root out, and somebody else may not be let into the project's folder.
    const uid = process.getuid?.() === 0 ? NOBODY : undefined;
    const canStart =
      uid === undefined || !(await execa(process.execPath, [BIN, "--version"], { uid, gid: uid, cwd: "/", reject: false })).failed;
    if (!canStart) skip("root is kept out by no mode, and no other user can start the program here");
    await using folder = await mkdtempDisposable(join(tmpdir(), "assay-closed-"));
    const path = join(folder.path, "engine.sock");
    const server = createServer();
    await new Promise<void>((resolve) => void server.listen(path, resolve));
    await chmod(folder.path, 0o755);
    await chmod(path, 0o000);
    const found = await Promise.all([
      doctor("docker", { DOCKER_HOST: `unix://${path}` }, uid),
      doctor("podman", { CONTAINER_HOST: `unix://${path}` }, uid),
    ]);
    server.close();
    expect(found).toMatchObject([
      { isUsable: false, detail: `This user may not use Docker at unix://${path}.`, hint: expect.stringMatching(/^DOCKER_HOST names/) },
      { isUsable: false, detail: `This user may not use Podman at unix://${path}.`, hint: expect.stringMatching(/^CONTAINER_HOST names/) },
    ]);
  });
});

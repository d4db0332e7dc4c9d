import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import docker from "../../sandboxes/docker.ts";
import { sandboxSpecSchema, type SandboxBackend } from "../../src/index.ts";
import { text } from "../sandboxes/contract/context.ts";
import { hasEngine } from "./requires.ts";

const owner = { runId: "docker-images", trialId: "docker-images/1/1", attempt: 1 };

describe.runIf(await hasEngine(docker, "scripts/start-docker.sh"))("docker's images", () => {
  const opened: { backend?: SandboxBackend; folder?: string } = {};
  const built = new Set<string>();
  const backend = (): SandboxBackend => {
    if (!opened.backend) throw new Error("The backend did not open.");
    return opened.backend;
  };
  beforeAll(async () => {
    opened.backend = await docker.open();
    opened.folder = await mkdtemp(join(tmpdir(), "assay-image-"));
    await backend().prepare(sandboxSpecSchema.parse({}));
  });
  afterAll(async () => {
    await opened.backend?.[Symbol.asyncDispose]();
    if (built.size > 0) await execa("docker", ["rmi", "--force", ...built]);
    if (opened.folder) await rm(opened.folder, { recursive: true });
  });

  it("says in one line that an image cannot be had, and what to do", async () => {
    const prepare = backend().prepare(sandboxSpecSchema.parse({ image: "no-such-registry.invalid/no/such:image" }));
    await expect(prepare).rejects.toMatchObject({
      code: "sandbox/image",
      message: expect.stringMatching(/^Image "no-such-registry\.invalid\/no\/such:image" is not here and cannot be pulled: [^\n]+$/),
      hint: "Check the name, try `docker pull no-such-registry.invalid/no/such:image`, or run with --sandbox embedded.",
    });
  });

  it("says that there is no Dockerfile", async () => {
    await expect(backend().prepare(sandboxSpecSchema.parse({ dockerfile: "no/such/folder" }))).rejects.toMatchObject({
      code: "sandbox/image",
      message: 'There is no Dockerfile at "no/such/folder".',
    });
  });

  it("builds a Dockerfile once for the same content, from a folder or a file, however many ask", async () => {
    const folder = opened.folder ?? "";
    const base = (await backend().prepare(sandboxSpecSchema.parse({})))["image"];
    await writeFile(join(folder, "Dockerfile"), `FROM ${base}\nCOPY data.txt /data.txt\n`);
    await writeFile(join(folder, "data.txt"), `content ${process.pid}`);
    const spec = sandboxSpecSchema.parse({ dockerfile: folder });
    const lines: string[] = [];
    const onProgress = (line: string): void => void lines.push(line);
    const [first, same] = await Promise.all([backend().prepare(spec, { onProgress }), backend().prepare(spec, { onProgress })]);
    built.add(first["image"] ?? "");
    expect(same).toEqual(first);
    expect(lines.filter((line) => line.startsWith("building "))).toEqual([`building ${first["image"]}`]);

    await using another = await docker.open();
    const later: string[] = [];
    const file = sandboxSpecSchema.parse({ dockerfile: join(folder, "Dockerfile") });
    expect(await another.prepare(file, { onProgress: (line) => void later.push(line) })).toEqual(first);
    expect(later).toEqual([]);

    await using sandbox = await another.start(spec, { owner });
    expect(text(await sandbox.readFile("/data.txt"))).toBe(`content ${process.pid}`);

    await writeFile(join(folder, "data.txt"), "changed");
    await using third = await docker.open();
    const changed = await third.prepare(spec);
    built.add(changed["image"] ?? "");
    expect(changed["image"]).not.toBe(first["image"]);
  });

  it("says in one line what a Dockerfile failed at", async () => {
    const folder = await mkdtemp(join(opened.folder ?? "", "broken-"));
    await writeFile(join(folder, "Dockerfile"), `FROM ${(await backend().prepare(sandboxSpecSchema.parse({})))["image"]}\nRUN exit 9\n`);
    await expect(backend().prepare(sandboxSpecSchema.parse({ dockerfile: folder }))).rejects.toMatchObject({
      code: "sandbox/image",
      message: expect.stringMatching(/^Dockerfile ".+" cannot be built: .*exit 9.*non-zero code: 9$/),
    });
  });

  it("starts from an image as it is, without a user or work folder of ours", async () => {
    await using sandbox = await backend().start(sandboxSpecSchema.parse({ image: "debian:bookworm-slim" }), { owner });
    expect(text((await sandbox.exec("pwd; id -u; echo x >made; cat made; echo $HOME; touch $HOME/y && echo home")).stdout)).toBe(
      "/workspace\n1000\nx\n/home/agent\nhome\n",
    );
  });

  it("says why Docker cannot be used and what to do, within seconds", async () => {
    const before = process.env["DOCKER_HOST"];
    process.env["DOCKER_HOST"] = "unix:///no/such/docker.sock";
    try {
      expect(await docker.availability()).toEqual({
        isAvailable: false,
        reason: "Docker does not answer at unix:///no/such/docker.sock (ENOENT).",
        hint: "Start Docker, or run with --sandbox embedded.",
      });
      await expect(docker.open()).rejects.toMatchObject({ code: "sandbox/unavailable" });
    } finally {
      if (before === undefined) delete process.env["DOCKER_HOST"];
      else process.env["DOCKER_HOST"] = before;
    }
  });
});

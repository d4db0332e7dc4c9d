import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
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
    expect(lines.filter((line) => /^building [^ ]+$/.test(line))).toEqual([`building ${first["image"]}`]);

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
    await writeFile(
      join(folder, "Dockerfile"),
      `FROM ${(await backend().prepare(sandboxSpecSchema.parse({})))["image"]}\nRUN echo one && echo two && exit 9\n`,
    );
    await expect(backend().prepare(sandboxSpecSchema.parse({ dockerfile: folder }))).rejects.toMatchObject({
      code: "sandbox/image",
      message: expect.stringMatching(
        /^Dockerfile ".+" cannot be built: step 2\/2 RUN echo one && echo two && exit 9: .*non-zero code: 9\. It had printed: one \| two$/,
      ),
    });
  });

  it("leaves out of a build what .dockerignore says, and keeps modes and links", async () => {
    const folder = await mkdtemp(join(opened.folder ?? "", "ignore-"));
    const base = (await backend().prepare(sandboxSpecSchema.parse({})))["image"];
    await mkdir(join(folder, "data", "deep"), { recursive: true });
    await Promise.all([
      writeFile(join(folder, "Dockerfile"), `FROM ${base}\nCOPY . /context/\n`),
      writeFile(join(folder, ".dockerignore"), "*.log\ndata/*\n!data/deep\nDockerfile\n.dockerignore\n"),
      writeFile(join(folder, "x.log"), "x"),
      writeFile(join(folder, "data", "dropped"), "x"),
      writeFile(join(folder, "data", "deep", "kept.sh"), "#!/bin/sh\n", { mode: 0o755 }),
      symlink("data/deep/kept.sh", join(folder, "link")),
    ]);
    const spec = sandboxSpecSchema.parse({ dockerfile: folder });
    const { image } = await backend().prepare(spec);
    built.add(image ?? "");
    await using sandbox = await backend().start(spec, { owner });
    const found = await sandbox.exec("cd /context && find . -mindepth 1 | sort && stat -c '%U %a' data/deep/kept.sh && readlink link");
    expect(text(found.stdout)).toBe("./data\n./data/deep\n./data/deep/kept.sh\n./link\nroot 755\ndata/deep/kept.sh\n");
    await writeFile(join(folder, "x.log"), "changed, and ignored");
    await using another = await docker.open();
    expect((await another.prepare(spec))["image"]).toBe(image);
  });

  it("ends a build when the last of those who asked for it gives up", async () => {
    const folder = await mkdtemp(join(opened.folder ?? "", "slow-"));
    const base = (await backend().prepare(sandboxSpecSchema.parse({})))["image"];
    await writeFile(join(folder, "Dockerfile"), `FROM ${base}\nRUN sleep 100 # ${process.pid}\n`);
    const spec = sandboxSpecSchema.parse({ dockerfile: folder });
    const [first, second] = [new AbortController(), new AbortController()];
    const { promise: isBuilding, resolve } = Promise.withResolvers<void>();
    const onProgress = (line: string): void => (/step 2/.test(line) ? resolve() : undefined);
    const asked = [first, second].map(({ signal }) => backend().prepare(spec, { signal, onProgress }));
    const ended = Promise.allSettled(asked);
    await isBuilding;
    first.abort(new Error("first gave up"));
    await expect(asked[0]).rejects.toThrow("first gave up");
    await expect(Promise.race([asked[1], new Promise((done) => setTimeout(done, 300, "still building"))])).resolves.toBe("still building");
    second.abort(new Error("second gave up"));
    await ended;
    await expect(asked[1]).rejects.toThrow("second gave up");
  });

  it("says which step of a build it is at", async () => {
    const folder = await mkdtemp(join(opened.folder ?? "", "steps-"));
    const base = (await backend().prepare(sandboxSpecSchema.parse({})))["image"];
    await writeFile(join(folder, "Dockerfile"), `FROM ${base}\nRUN printf '\\033[31mred ${process.pid}\\n'\n`);
    const lines: string[] = [];
    const { image } = await backend().prepare(sandboxSpecSchema.parse({ dockerfile: folder }), {
      onProgress: (line) => void lines.push(line),
    });
    built.add(image ?? "");
    expect(lines).toEqual([
      `building ${image}`,
      `building ${image}: step 1/2 FROM ${base}`,
      `building ${image}: step 2/2 RUN printf '\\033[31mred ${process.pid}\\n'`,
    ]);
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
        hint: "DOCKER_HOST names that address: correct it or unset it. Start Docker, or run with --sandbox embedded.",
      });
      await expect(docker.open()).rejects.toMatchObject({ code: "sandbox/unavailable" });
    } finally {
      if (before === undefined) delete process.env["DOCKER_HOST"];
      else process.env["DOCKER_HOST"] = before;
    }
  });
});

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import docker from "../../sandboxes/docker.ts";
import { sandboxSpecSchema, type Sandbox, type SandboxBackend, type SandboxSpecInput } from "../../src/index.ts";
import { text } from "../sandboxes/contract/context.ts";
import { hasEngine } from "./requires.ts";

const owner = { runId: "docker-no-shell", trialId: "docker-no-shell/1/1", attempt: 1 };
const dockerfile = "test/fixtures/images/no-shell";

describe.runIf(await hasEngine(docker, "scripts/start-docker.sh"))("docker with an image that has no shell", () => {
  const opened: { backend?: SandboxBackend; sandbox?: Sandbox; folder?: string } = {};
  const built = new Set<string>();
  const start = async (spec: SandboxSpecInput = {}): Promise<Sandbox> => {
    if (!opened.backend) throw new Error("The backend did not open.");
    return opened.backend.start(sandboxSpecSchema.parse({ dockerfile, ...spec }), { owner });
  };
  const shared = (): Sandbox => {
    if (!opened.sandbox) throw new Error("The sandbox did not start.");
    return opened.sandbox;
  };
  const exec = async (...parameters: Parameters<Sandbox["exec"]>): Promise<[number, string, string]> => {
    const { exitCode, stdout, stderr } = await shared().exec(...parameters);
    return [exitCode, text(stdout), text(stderr)];
  };
  beforeAll(async () => {
    opened.backend = await docker.open();
    opened.sandbox = await start({ env: { GIVEN: "once" } });
    opened.folder = await mkdtemp(join(tmpdir(), "assay-no-shell-"));
  });
  afterAll(async () => {
    await opened.sandbox?.[Symbol.asyncDispose]();
    await opened.backend?.[Symbol.asyncDispose]();
    if (built.size > 0) await execa("docker", ["rmi", "--force", ...built]);
    if (opened.folder) await rm(opened.folder, { recursive: true });
  });

  it("says that there is none, and what the engine holds it to", () => {
    expect(shared().applied).toMatchObject({
      hasShell: false,
      user: "1000:1000",
      cpus: 2,
      memoryMiB: 2048,
      pids: 1024,
      hasCapabilities: false,
      hasNoNewPrivileges: true,
      hasSeccomp: null,
    });
  });

  it("refuses a verifier at once", async () => {
    const startedAt = performance.now();
    for (const processes of ["live", "killed"] as const) {
      await expect(shared().verify?.({ command: "true", processes })).rejects.toMatchObject({
        code: "config/unsupported",
        message: expect.stringContaining("needs a shell"),
      });
    }
    expect(performance.now() - startedAt).toBeLessThan(1_000);
  });

  it("runs a program with its arguments, input, environment, folder and user", async () => {
    expect(await exec(["cat"], { stdin: "in\0put" })).toEqual([0, "in\0put", ""]);
    expect((await exec(["env"], { env: { OWN: "a  b" } }))[1]).toMatch(/^GIVEN=once\n[^]*OWN=a {2}b\n/m);
    expect(await exec(["ls", "/", "/nowhere"])).toEqual([1, expect.stringContaining("bin\n"), expect.stringContaining("/nowhere")]);
    expect((await exec(["id"], { user: "root" }))[1]).toMatch(/^uid=0/);
    await shared().writeFile("in/file", "x");
    expect(await exec(["ls"], { cwd: "in" })).toEqual([0, "file\n", ""]);
    expect(await exec(["false"])).toEqual([1, "", ""]);
  });

  it("answers what cannot be run with 127 or 126, and says why", async () => {
    expect(await exec(["no-such-program"])).toEqual([127, "", "no-such-program: not found\n"]);
    expect(await exec("echo hello")).toEqual([
      127,
      "",
      "/bin/sh: not found; the image has no shell: give a command as a list of its program and arguments\n",
    ]);
    expect(await exec(["/etc/passwd"])).toEqual([126, "", expect.stringMatching(/^\/etc\/passwd: .*permission denied/)]);
    expect(await exec(["ls"], { cwd: "/nowhere" })).toEqual([126, "", expect.stringContaining("/nowhere")]);
  });

  it("reads and writes files, makes folders, and packs and unpacks trees", async () => {
    const bytes = Uint8Array.from({ length: 256 }, (_, index) => index);
    await shared().writeFile("deep/er/bytes", bytes, { mode: 0o755 });
    expect(new Uint8Array(await shared().readFile("deep/er/bytes"))).toEqual(bytes);
    expect((await exec(["ls", "-l", "deep/er"]))[1]).toMatch(/^-rwxr-xr-x +1 1000 +1000 +256 /m);
    await shared().upload(await shared().download("deep"), { into: "/opt/copy/of" });
    expect(new Uint8Array(await shared().readFile("/opt/copy/of/deep/er/bytes"))).toEqual(bytes);
    for (const [path, reason] of [
      ["/nowhere", "does not exist"],
      ["deep", "is a folder"],
      ["/dev/null", "is no file of the image's"],
    ] as const) {
      await expect(shared().readFile(path)).rejects.toMatchObject({ code: "sandbox/path", message: expect.stringContaining(reason) });
    }
    await expect(shared().writeFile("deep", "x")).rejects.toMatchObject({ code: "sandbox/path" });
    await expect(shared().writeFile("deep/er/bytes/below", "x")).rejects.toMatchObject({ code: "sandbox/path" });
  });

  it("ends a command at its time limit by starting the sandbox again, and says so; its files stay", async () => {
    await using sandbox = await start();
    await sandbox.writeFile("kept", "still here");
    const beside = sandbox.exec(["sleep", "50"]);
    const result = await sandbox.exec(["sleep", "100"], { timeoutMs: 600 });
    expect(result).toMatchObject({ timedOut: true, exitCode: 137, signal: "SIGKILL" });
    expect(text(result.stderr)).toContain("the sandbox was started again");
    expect(await beside).toMatchObject({ exitCode: 137, timedOut: false });
    expect(text((await sandbox.exec(["cat", "kept"])).stdout)).toBe("still here");
  });

  it("refuses a session in one line", async () => {
    await expect(shared().shell()).rejects.toMatchObject({
      code: "config/unsupported",
      message: expect.stringMatching(/^A session needs a shell \(sh\), which image "assay\/no-shell:[0-9a-f]+" does not have\.$/),
    });
  });

  it.each([
    ['CMD ["/bin/true"]', /^Image ".+" has no shell \(sh\), and its own command ends at once, with 0\.$/],
    ['CMD ["/not/there"]', /^Image ".+" has no shell \(sh\), and its own command cannot be started: .*not\/there/],
    ["LABEL empty=yes", /^Image ".+" has no shell \(sh\), and no container can be made of it: No command specified\.$/i],
  ])("refuses, when it is prepared, an image of which nothing stays: %s", async (command, message) => {
    const folder = await mkdtemp(join(opened.folder ?? "", "image-"));
    const base = String(shared().applied["image"]);
    await writeFile(join(folder, "Dockerfile"), `FROM ${base} AS base\nFROM scratch\nCOPY --from=base /bin/true /bin/true\n${command}\n`);
    const lines: string[] = [];
    const prepare = opened.backend?.prepare(sandboxSpecSchema.parse({ dockerfile: folder }), {
      onProgress: (line) => void lines.push(line),
    });
    await expect(prepare).rejects.toMatchObject({ code: "sandbox/image", message: expect.stringMatching(message) });
    built.add(lines[0]?.replace("building ", "") ?? "");
  });
});

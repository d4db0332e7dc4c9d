/** A sandbox for tests of scorers: a temporary folder and real processes of this machine. It isolates nothing. */
import { spawn, spawnSync } from "node:child_process";
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, resolve } from "node:path";
import { AssayError } from "../../src/core/errors.ts";
import type { ExecOptions, ExecResult, Sandbox } from "../../src/core/sandbox.ts";

export const hasPython = spawnSync("python3", ["--version"]).status === 0;

export async function startLocalSandbox(): Promise<Sandbox> {
  const workdir = await mkdtemp(resolve(tmpdir(), "local-sandbox-"));
  const absent = () => Promise.reject(new Error("not part of a local sandbox"));
  return {
    id: workdir,
    workdir,
    applied: {},
    exec: (command, options = {}) => runProcess(typeof command === "string" ? ["sh", "-c", command] : command, workdir, options),
    shell: absent,
    upload: absent,
    download: absent,
    listFiles: absent,
    readFiles: absent,
    readFile: (path) =>
      readFile(resolve(workdir, path)).catch((error: unknown) => {
        throw new AssayError("sandbox/path", String(error));
      }),
    async writeFile(path, content, options = {}) {
      const target = resolve(workdir, path);
      await mkdir(dirname(target), { recursive: true });
      await writeFile(target, content);
      if (options.mode !== undefined) await chmod(target, options.mode);
    },
    [Symbol.asyncDispose]: () => rm(workdir, { recursive: true, force: true }),
  };
}

function runProcess(command: readonly string[], workdir: string, options: ExecOptions): Promise<ExecResult> {
  const startedAt = performance.now();
  return new Promise((settle, fail) => {
    const [program = "true", ...args] = command;
    const child = spawn(program, args, {
      cwd: resolve(workdir, options.cwd ?? "."),
      env: { ...process.env, ...options.env },
      detached: true,
    });
    const streams = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
    let timedOut = false;
    const timer = setTimeout(() => {
      timedOut = true;
      if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
    }, options.timeoutMs ?? 120_000);
    child.stdout.on("data", (bytes: Buffer) => streams.stdout.push(bytes));
    child.stderr.on("data", (bytes: Buffer) => streams.stderr.push(bytes));
    child.stdin.on("error", () => {}); // a program may end without reading it
    child.stdin.end(options.stdin ?? "");
    child.on("error", fail);
    child.on("close", (code) => {
      clearTimeout(timer);
      settle({
        stdout: Buffer.concat(streams.stdout),
        stderr: Buffer.concat(streams.stderr),
        exitCode: code ?? 137,
        timedOut,
        truncated: false,
        droppedBytes: 0,
        durationMs: performance.now() - startedAt,
      });
    });
  });
}

/** The one tool for tests of the command line: real files, the real program, what it printed and left behind. */
import { spawn } from "node:child_process";
import { isUtf8 } from "node:buffer";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

export interface RunAssayOptions {
  env?: Record<string, string>;
  stdin?: string;
  timeoutMs?: number;
}

export interface RunAssayResult {
  stdout: string;
  stderr: string;
  /** Exit code; null where the program had to be ended. */
  code: number | null;
  /** Every text file in the folder afterwards, by path relative to it: may be given to the next call. */
  files: Record<string, string>;
}

const BIN = fileURLToPath(new URL("../../bin/assay.js", import.meta.url));

/** Runs `assay …args` in a temporary folder that holds `files`, and removes the folder. */
export async function runAssay(
  files: Record<string, string>,
  args: readonly string[],
  options: RunAssayOptions = {},
): Promise<RunAssayResult> {
  return inFolder(files, (folder) => runProgram(process.execPath, [BIN, ...args], folder, options));
}

/** The same on a pseudo-terminal of so many columns and rows; what it drew is in `stdout`. */
export async function runAssayOnTerminal(
  files: Record<string, string>,
  args: readonly string[],
  size: { columns: number; rows: number; keys?: string; env?: Record<string, string> },
): Promise<RunAssayResult> {
  const command = [process.execPath, BIN, ...args].map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(" ");
  const script = `stty cols ${size.columns} rows ${size.rows}; ${command}`;
  return inFolder(files, (folder) =>
    runProgram("script", ["-qec", script, "/dev/null"], folder, {
      env: { TERM: "xterm", ...size.env },
      ...(size.keys !== undefined && { stdin: size.keys }),
    }),
  );
}

async function inFolder(
  files: Record<string, string>,
  run: (folder: string) => Promise<Omit<RunAssayResult, "files">>,
): Promise<RunAssayResult> {
  const folder = await mkdtemp(join(tmpdir(), "assay-cli-"));
  try {
    for (const [path, content] of Object.entries(files)) {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(join(folder, path), content);
    }
    const result = await run(folder);
    return { ...result, files: await textFilesIn(folder) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function runProgram(
  file: string,
  args: readonly string[],
  cwd: string,
  { env = {}, stdin = "", timeoutMs = 60_000 }: RunAssayOptions,
): Promise<Omit<RunAssayResult, "files">> {
  // Nothing of the caller's environment but what a program needs to run: no keys, no colours.
  const base = { PATH: process.env["PATH"] ?? "", HOME: cwd, TMPDIR: tmpdir() };
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { cwd, env: { ...base, ...env }, timeout: timeoutMs, killSignal: "SIGKILL" });
    const output = { stdout: "", stderr: "" };
    for (const name of ["stdout", "stderr"] as const) child[name].setEncoding("utf8").on("data", (text: string) => (output[name] += text));
    child.on("error", reject).on("close", (code) => resolve({ ...output, code }));
    // A program that ended without reading its input is no failure of the test.
    child.stdin.on("error", () => undefined).end(stdin);
  });
}

async function textFilesIn(folder: string): Promise<Record<string, string>> {
  const files: Record<string, string> = {};
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const bytes = await readFile(path);
    if (isUtf8(bytes)) files[relative(folder, path)] = bytes.toString("utf8");
  }
  return files;
}

/** Takes out of an output what differs from run to run: run ids and times. */
export function steady(output: string): string {
  return output
    .replaceAll(/\d{8}T\d{6}-[\w.-]+-[0-9a-f]{4}\b/g, "<run id>")
    .replaceAll(/\b\d+(?:\.\d+)? (?:ms|s)\b/g, "<time>")
    .replaceAll(/ +$/gm, "");
}

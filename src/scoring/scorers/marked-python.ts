/** Runs a Python program whose pass is reaching its own end, not an exit status. */
import { randomBytes } from "node:crypto";
import { AssayError } from "../../core/errors.ts";
import type { Sandbox, VerifyRequest, VerifyResult } from "../../core/sandbox.ts";
import { runVerifier } from "../run-verifier.ts";
import { explained, outputTail } from "./output-tail.ts";

/**
 * Runs the program and then prints a mark. An exit status proves nothing, since the answer can call `os._exit(0)` before its tests run;
 * the mark comes in on stdin, is read before the answer's first line, and is printed after the tests' last one.
 */
const DRIVER = `
import sys
def grade():
    begin, end, source = sys.stdin.buffer.read().decode("utf-8").split("\\n", 2)
    write, flush = sys.stdout.write, sys.stdout.flush
    write(begin + "\\n")
    flush()
    folders, sys.path[:] = sys.path[:], [folder for folder in sys.path if folder not in ("", ".")]
    import linecache
    sys.path[:] = folders
    linecache.cache["program.py"] = (len(source), None, source.splitlines(True), "program.py")
    code = compile(source, "program.py", "exec", dont_inherit=True)
    del globals()["grade"], globals()["sys"]
    exec(code, globals())
    write("\\n" + end + "\\n")
    flush()
grade()
`;

interface Marks {
  begin: string;
  end: string;
}

export interface MarkedPythonOptions {
  timeoutMs: number;
  signal: AbortSignal;
  how?: Pick<VerifyRequest, "processes" | "modes">;
}

type MarkedPythonScore = { value: number } & ReturnType<typeof explained>;

/**
 * 1 where the program reaches its end with status 0 within the time, else 0 with the reason and the end of its output.
 * Throws `score/failed` where Python does not start.
 *
 * Ending early, printing, reading files or replacing `sys.stdout` gains a hostile program nothing. It is not proof against code that walks
 * the interpreter's frames for the mark, or whose objects are equal to everything: such code shares a process with its tests.
 */
export async function runMarkedPython(
  sandbox: Sandbox,
  source: string,
  { timeoutMs, signal, how = {} }: MarkedPythonOptions,
): Promise<MarkedPythonScore> {
  const marks = { begin: randomBytes(16).toString("hex"), end: randomBytes(16).toString("hex") };
  const stdin = `${marks.begin}\n${marks.end}\n${source}`;
  const result = await runVerifier(sandbox, { ...how, command: ["python3", "-c", DRIVER], stdin, timeoutMs, signal });
  return verdict(result, marks, timeoutMs);
}

function verdict(result: VerifyResult, { begin, end }: Marks, timeoutMs: number): MarkedPythonScore {
  const stdout = Buffer.from(result.stdout.buffer, result.stdout.byteOffset, result.stdout.byteLength);
  if (!stdout.subarray(0, begin.length).equals(Buffer.from(begin)) && !result.timedOut) {
    throw new AssayError("score/failed", `Python did not start in the sandbox: status ${result.exitCode}. ${outputTail(result)}`.trim());
  }
  const isAtEnd = stdout.lastIndexOf(`\n${end}\n`) >= 0;
  const shown = { ...result, stdout: Buffer.from(stdout.toString("latin1").replace(`${begin}\n`, "").replace(`\n${end}\n`, ""), "latin1") };
  if (result.timedOut) return { value: 0, ...explained(`Timed out after ${timeoutMs / 1000} s.`, shown) };
  if (result.exitCode !== 0) return { value: 0, ...explained(`Exited with status ${result.exitCode}.`, shown) };
  if (!isAtEnd) return { value: 0, ...explained("Exited with status 0 before the end of its tests.", shown) };
  return { value: 1, ...explained("Passed.", shown) };
}

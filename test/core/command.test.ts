import { expect, it } from "vitest";
import { commandOutput, commandTimeout } from "../../src/core/command.ts";
import type { ExecResult } from "../../src/core/sandbox.ts";

function shown(stdout: string | Uint8Array, rest: Partial<ExecResult> = {}) {
  const result = {
    stdout: Buffer.from(stdout),
    stderr: Buffer.of(),
    exitCode: 0,
    timedOut: false,
    truncated: false,
    droppedBytes: 0,
    durationMs: 1,
    ...rest,
  };
  return commandOutput(result, { timeoutMs: 1500 });
}

it("shows stdout and the exit code", () => {
  expect(shown("made\n")).toEqual({ text: "made\n[exit code 0]" });
  expect(shown("no newline", { exitCode: 3 })).toEqual({ text: "no newline\n[exit code 3]" });
});

it("says that there was no output", () => {
  expect(shown("").text).toBe("[no output]\n[exit code 0]");
});

it("labels both streams where there is stderr", () => {
  expect(shown("out", { stderr: Buffer.from("bad\n"), exitCode: 7 }).text).toBe(
    "<stdout>\nout\n</stdout>\n<stderr>\nbad\n</stderr>\n[exit code 7]",
  );
  expect(shown("", { stderr: Buffer.from("bad"), exitCode: 1 }).text).toBe("<stderr>\nbad\n</stderr>\n[exit code 1]");
});

it("says what happened to a command that ran out of time, memory or room", () => {
  expect(shown("half", { timedOut: true, exitCode: 137, signal: "SIGKILL" })).toEqual({
    failure: "timeout",
    text: "half\n[timed out after 1.5 s and was killed; any output above is what came before]\n[exit code 137, ended by SIGKILL]",
  });
  expect(shown("x", { truncated: true, droppedBytes: 12_345, oomKilled: true, exitCode: 137 }).text).toBe(
    "x\n[12,345 further bytes of output were dropped]\n[a process was killed because the memory was used up]\n[exit code 137]",
  );
});

it("says where bytes were not text", () => {
  expect(shown(Uint8Array.of(0x61, 0xff, 0x62)).text).toBe(
    "a\uFFFDb\n[stdout had bytes that are not valid UTF-8, shown as \uFFFD]\n[exit code 0]",
  );
});

it("never lets the model take more time than the harness allows", () => {
  expect(commandTimeout({ commandTimeoutMs: 5000 }, undefined)).toBe(5000);
  expect(commandTimeout({ commandTimeoutMs: 5000 }, 2)).toBe(2000);
  expect(commandTimeout({ commandTimeoutMs: 5000 }, 600)).toBe(5000);
});

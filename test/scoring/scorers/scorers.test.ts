import { describe, expect, test } from "vitest";
import type { Instance } from "../../../src/core/instance.ts";
import type { Scorer } from "../../../src/core/score.ts";
import type { Sandbox } from "../../../src/core/sandbox.ts";
import { exactMatch } from "../../../src/scoring/scorers/exact-match.ts";
import { numericMatch } from "../../../src/scoring/scorers/numeric-match.ts";
import { pythonTests, pythonVerifier } from "../../../src/scoring/scorers/python-tests.ts";
import { verifier } from "../../../src/scoring/scorers/verifier.ts";
import { hasPython, startLocalSandbox } from "../local-sandbox.ts";
import { noJudge } from "../no-judge.ts";

const instance: Instance<string> = { id: "one", data: "18" };

async function grade(scorer: Scorer<string>, output: string | null, sandbox?: Sandbox) {
  return scorer.score({
    instance,
    output,
    sandbox,
    freshSandbox: startLocalSandbox,
    judged: noJudge,
    signal: new AbortController().signal,
  });
}

describe("exactMatch", () => {
  const scorer = exactMatch<string>({ expected: ({ data }) => [data, "eighteen"] });
  test("accepts any of the expected answers, white space aside", async () => {
    expect(await grade(scorer, " eighteen\n")).toEqual({ value: 1, answer: "eighteen", explanation: 'Expected "18" or "eighteen".' });
  });
  test("takes no answer as a wrong one", async () => {
    expect(await grade(scorer, null)).toEqual({ value: 0, answer: null, explanation: "The model gave no answer." });
  });
});

describe("numericMatch", () => {
  const scorer = numericMatch<string>({ expected: ({ data }) => data });
  test("compares numbers, not their notation", async () => {
    expect(await grade(scorer, "She makes $18.00 a day.")).toEqual({ value: 1, answer: "18.00", explanation: "Expected 18." });
  });
  test("takes a text without a number as wrong", async () => {
    expect(await grade(scorer, "I do not know.")).toMatchObject({ value: 0, answer: null });
  });
  test("refuses to grade against what is no number", async () => {
    await expect(async () => grade(numericMatch<string>({ expected: () => "many" }), "18")).rejects.toThrow(
      'Instance one expects "many", which is no number.',
    );
  });
});

describe.skipIf(!hasPython)("pythonTests", () => {
  const checked = (code: string) => `${code}\nassert double(2) == 4, "double(2)"\n`;
  const scorer = pythonTests<string>({ program: checked, timeoutMs: 3000 });
  test("passes a program that reaches its end", async () => {
    expect(await grade(scorer, "def double(x): return 2 * x")).toMatchObject({ value: 1 });
  });
  test("fails a wrong one, with the assertion in the explanation", async () => {
    const { value, explanation } = await grade(scorer, "def double(x): return x");
    expect(value).toBe(0);
    expect(explanation).toContain("AssertionError: double(2)");
    expect(explanation).toContain('File "program.py", line 2');
  });
  test.each([
    ["exits with 0 before its tests", "import os\nos._exit(0)"],
    ["raises SystemExit", "import sys\nsys.exit(0)"],
    ["reads its input and its arguments", "import sys\nprint(sys.stdin.read(), sys.argv)\nsys.exit(0)"],
    ["prints what it can find", "import os, sys\nprint(dict(globals()))\nsys.stdout.flush()\nos._exit(0)"],
    [
      "replaces the output",
      "import sys\nclass Sink:\n    def write(self, text): sys.__stdout__.write('x')\n    def flush(self): pass\nsys.stdout = Sink()\nraise SystemExit(0)",
    ],
    ["does not parse", "def double(x: return"],
    ["uses a module that it never imported", "def double(x): return sys.maxsize and 2 * x"],
    ["never ends", "while True: pass"],
  ])("fails a program that %s", async (_what, code) => {
    expect(await grade(scorer, code)).toMatchObject({ value: 0 });
  });
  test("leaves the trial unscored where Python does not start", async () => {
    await using sandbox = await startLocalSandbox();
    const broken: Sandbox = { ...sandbox, exec: () => sandbox.exec("echo no python >&2; exit 127") };
    const score = scorer.score({
      instance,
      output: "x",
      sandbox: undefined,
      freshSandbox: async () => broken,
      judged: noJudge,
      signal: new AbortController().signal,
    });
    await expect(score).rejects.toThrow("Python did not start in the sandbox: status 127.");
  });
});

describe("verifier", () => {
  const files = { "check.sh": '[ "$(cat answer.txt)" = 18 ]' };
  const scorer = verifier<string>({ command: 'sh "$VERIFIER/check.sh"', files });
  test("scores what its command says of the trial's work folder", async () => {
    await using sandbox = await startLocalSandbox();
    expect(await grade(scorer, "done", sandbox)).toMatchObject({ value: 0, explanation: expect.stringContaining("status 1") });
    await sandbox.writeFile("answer.txt", "18\n");
    expect(await grade(scorer, "done", sandbox)).toMatchObject({ value: 1 });
  });
  test("takes a verifier that runs out of time as wrong work", async () => {
    await using sandbox = await startLocalSandbox();
    const score = await grade(verifier<string>({ command: "sleep 30", timeoutMs: 200 }), "done", sandbox);
    expect(score).toEqual({ value: 0, explanation: "The verifier timed out after 0.2 s." });
  });
  test("does not tell programs under test where its files are", async () => {
    await using sandbox = await startLocalSandbox();
    expect(await grade(verifier<string>({ command: "env | grep -q VERIFIER" }), "done", sandbox)).toMatchObject({ value: 0 });
  });
  test("gives partial credit where it leaves a score", async () => {
    await using sandbox = await startLocalSandbox();
    const partial = (text: string) => verifier<string>({ command: `printf '${text}' > "$VERIFIER_RESULTS/score"`, scoreFile: "score" });
    expect(await grade(partial("0.75\n"), "done", sandbox)).toMatchObject({ value: 0.75 });
    await expect(grade(partial("75"), "done", sandbox)).rejects.toThrow('holds "75", which is no number from 0 to 1');
    await expect(grade(verifier<string>({ command: "true", scoreFile: "score" }), "done", sandbox)).rejects.toThrow("left no score");
  });
  test.each([
    ["its command calls", { command: "no-such-tool --check" }],
    ["a later part of its command calls", { command: "true && FAST=1 no-such-tool 'x; y'" }],
    ["its script names after #!", { command: '"$VERIFIER/run"', files: { run: { text: "#!/usr/bin/env no-such-tool\n", mode: 0o755 } } }],
    ["its script calls", { command: 'sh "$VERIFIER/run.sh"', files: { "run.sh": "set -e\necho x\nno-such-tool\n" } }],
  ])("leaves the trial unscored where a program is missing that %s", async (_what, options) => {
    await using sandbox = await startLocalSandbox();
    await expect(grade(verifier<string>(options), "done", sandbox)).rejects.toThrow(
      "The verifier needs no-such-tool, which the sandbox does not have.",
    );
  });
  test.each([
    ["a program that the agent should have made", "./cli --help"],
    ["a status of 127 of the work itself", "sh -c 'exit 127'"],
    [
      "a name in quotes, in a comment or defined by the verifier itself",
      "check() { exit 127; }\n# no-such-tool\necho 'no-such-tool; x'\ncheck",
    ],
  ])("scores 0 for %s", async (_what, command) => {
    await using sandbox = await startLocalSandbox();
    expect(await grade(verifier<string>({ command }), "done", sandbox)).toMatchObject({ value: 0 });
  });
  test("leaves the trial unscored where what it requires is not there", async () => {
    await using sandbox = await startLocalSandbox();
    const score = grade(verifier<string>({ command: "true", requires: "echo no server >&2; exit 1" }), "done", sandbox);
    await expect(score).rejects.toThrow("What the verifier requires is not there: stderr:\nno server");
  });
  test("removes its files from the sandbox", async () => {
    await using sandbox = await startLocalSandbox();
    const shown = verifier<string>({ command: 'printf "$VERIFIER" > where.txt', files: { "check.sh": "true" } });
    await grade(shown, "done", sandbox);
    const folder = Buffer.from(await sandbox.readFile("where.txt")).toString();
    expect(folder).toMatch(/^\/tmp\/verifier-/);
    expect((await sandbox.exec(["ls", folder])).exitCode).not.toBe(0);
  });
  test("does not pretend to have ended the agent's processes where it cannot", async () => {
    await using sandbox = await startLocalSandbox();
    const score = grade(verifier<string>({ command: "true", verification: "quiet" }), "done", sandbox);
    await expect(score).rejects.toMatchObject({ code: "score/failed", hint: expect.stringContaining("protectsVerifier") });
  });
  test("refuses options that contradict each other", () => {
    expect(() => verifier({ command: "true", verification: "fresh" })).toThrow("names no artifacts");
    expect(() => verifier({ command: "true", artifacts: ["x"] })).toThrow('which are for verification "fresh", not "live"');
  });
  test("leaves a trial without a sandbox unscored", async () => {
    await expect(grade(scorer, "done")).rejects.toThrow("needs the trial's sandbox");
  });
});

test.skipIf(!hasPython)("pythonVerifier is not fooled by code of the agent that ends the process", async () => {
  await using sandbox = await startLocalSandbox();
  const scorer = pythonVerifier<string>({ check: "from work import answer\nassert answer() == 18" });
  await sandbox.writeFile("work.py", "def answer(): return 18");
  expect(await grade(scorer, "done", sandbox)).toMatchObject({ value: 1 });
  await sandbox.writeFile("work.py", "import os\nos._exit(0)");
  expect(await grade(scorer, "done", sandbox)).toMatchObject({
    value: 0,
    explanation: expect.stringContaining("before the end of its tests"),
  });
});

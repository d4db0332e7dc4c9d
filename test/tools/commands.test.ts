import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Sandbox } from "../../src/core/sandbox.ts";
import bash from "../../tools/bash.ts";
import bashSession from "../../tools/bash_session.ts";
import python from "../../tools/python.ts";
import { startLocalSandbox } from "../fixtures/local-sandbox.ts";
import { MACHINES } from "./machines.ts";
import { toolBench, type ToolBench } from "./tool-context.ts";

describe.each(MACHINES)("on $name", ({ start }) => {
  let sandbox: Sandbox;
  let bench: ToolBench;

  beforeAll(async () => {
    sandbox = await start();
    bench = toolBench(sandbox);
  });
  afterAll(async () => {
    await bench[Symbol.asyncDispose]();
    await sandbox[Symbol.asyncDispose]();
  });

  describe("bash", () => {
    it("shows output and exit code, and runs bash rather than sh", async () => {
      expect(await bench.use(bash, { command: "a=(1 2); echo ${a[1]}; [[ -d . ]] && exit 3" })).toEqual({ text: "2\n[exit code 3]" });
    });

    it("starts every command in the work folder, without input", async () => {
      await bench.use(bash, { command: "cd /; X=1" });
      expect(await bench.use(bash, { command: 'pwd; echo "[$X]"; cat' })).toEqual({ text: `${sandbox.workdir}\n[]\n[exit code 0]` });
    });

    it("shows stdout and stderr apart", async () => {
      expect(await bench.use(bash, { command: "echo out; echo err >&2" })).toEqual({
        text: "<stdout>\nout\n</stdout>\n<stderr>\nerr\n</stderr>\n[exit code 0]",
      });
    });

    it("kills a command after the time that the model or the harness gave it, and shows what it printed", async () => {
      const timedOut = { failure: "timeout", text: expect.stringMatching(/^before\n\[timed out after 0\.3 s and was killed/) };
      expect(await bench.use(bash, { command: "echo before; sleep 30", timeoutSeconds: 0.3 })).toMatchObject(timedOut);
      const hasty = toolBench(sandbox, { commandTimeoutMs: 300 });
      expect(await hasty.use(bash, { command: "echo before; sleep 30", timeoutSeconds: 60 })).toMatchObject(timedOut);
    });
  });

  describe("bash_session", () => {
    it("keeps folder, variables and functions from call to call", async () => {
      await using own = toolBench(sandbox);
      await own.use(bashSession, { command: "mkdir -p deep && cd deep; NAME=you; greet() { echo hello $1; }" });
      expect(await own.use(bashSession, { command: "greet $NAME; pwd; false" })).toEqual({
        text: `hello you\n${sandbox.workdir}/deep\n[exit code 1]`,
      });
    });

    it("starts afresh on restart, with a command or without", async () => {
      await using own = toolBench(sandbox);
      await own.use(bashSession, { command: "NAME=you" });
      expect(await own.use(bashSession, { restart: true })).toEqual({ text: "The session was restarted." });
      expect(await own.use(bashSession, { command: 'echo "[$NAME]"; NAME=me' })).toEqual({ text: "[]\n[exit code 0]" });
      expect(await own.use(bashSession, { command: 'echo "[$NAME]"', restart: true })).toEqual({
        text: "[]\n[the session was restarted]\n[exit code 0]",
      });
    });

    it("asks for a command where there is nothing to do", async () => {
      expect(await bench.use(bashSession, {})).toEqual({
        failure: "invalid-input",
        text: "Give a command, or restart: true for a fresh session.",
      });
    });
  });

  describe("python", () => {
    it("runs a script and shows what it prints and its exit code", async () => {
      expect(await bench.use(python, { code: "import sys\nfor i in range(2):\n    print(i, 'é')\nsys.exit(4)" })).toEqual({
        text: "0 é\n1 é\n[exit code 4]",
      });
    });

    it("shows the traceback with the line", async () => {
      expect((await bench.use(python, { code: "x = 1\nx / 0" })).text).toMatch(
        /^<stderr>\nTraceback.*line 2.*ZeroDivisionError.*<\/stderr>\n\[exit code 1\]$/s,
      );
    });

    it("imports modules of the work folder and leaves no file of its own there", async () => {
      await sandbox.writeFile("only/mine.py", "value = 7\n");
      expect(
        (
          await bench.use(python, {
            code: "from only.mine import value\nimport os\nprint(value, [f for f in os.listdir('.') if f.endswith('.py')])",
          })
        ).text,
      ).toBe("7 []\n[exit code 0]");
    });

    it("ends an endless loop", async () => {
      expect((await bench.use(python, { code: "while True: pass", timeoutSeconds: 0.5 })).failure).toBe("timeout");
    });
  });
});

it("uses sh where there is no bash, says so once, and keeps a real 127", async () => {
  await using sandbox = await startLocalSandbox();
  await using bench = toolBench(sandbox);
  // A machine without bash: its programs are in a folder that has only sh.
  await sandbox.exec('mkdir -p small-bin && ln -sf "$(command -v sh)" small-bin/sh');
  const exec: Sandbox["exec"] = (command, options) => sandbox.exec(command, { ...options, env: { PATH: `${sandbox.workdir}/small-bin` } });
  await using smallBench = toolBench({ ...sandbox, exec });
  expect(await smallBench.use(bash, { command: "echo hello" })).toEqual({
    text: "hello\n[this machine has no bash: sh ran the command]\n[exit code 0]",
  });
  expect(await smallBench.use(bash, { command: "echo again" })).toEqual({ text: "again\n[exit code 0]" });
  expect((await bench.use(bash, { command: "no-such-program" })).text).toMatch(/no-such-program.*\[exit code 127\]$/s);
});

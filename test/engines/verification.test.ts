/** Attacks on grading, each by an agent that knows how it will be graded, and what a verifier sees of them. */
import { execa } from "execa";
import { describe, expect, it } from "vitest";
import { pythonVerifier, verifier } from "../../src/index.ts";
import { fieldsOf } from "../../src/store/read-trace.ts";
import { storedRun } from "../run/stored-run.ts";
import { leftOf, testEngines, type TestEngine } from "./engines.ts";
import { daemon, quote, ROOT, textOf, trial } from "./graded-trial.ts";

const SLOW_CHECK = 'cat "$VERIFIER/expected"; sleep 1.5; cat "$VERIFIER/expected"; echo 0.5 > "$VERIFIER_RESULTS/score"; sleep 1';

for (const engine of await testEngines("docker", "rootful")) {
  describe.runIf(engine.isHere)(`an agent that attacks its grading in ${engine.title}`, () => attacks(engine));
  describe.runIf(engine.isHere)(`a verifier in a container of ${engine.title}`, () => verifiers(engine));
}

function attacks(engine: TestEngine): void {
  it("cannot read a running verifier's files, or change them or its score, or end it", { timeout: 60_000 }, async () => {
    await using backend = await engine.definition.open();
    await using agent = await trial(backend);
    await agent.sandbox.exec(
      [
        daemon("cat /.verifier/*/files/* /.verifier/*/*.sh >> stolen; cp -r /.verifier-work/* /tmp/copy >> stolen"),
        daemon(
          "echo 1 | tee /.verifier/*/files/expected /.verifier-work/*/results/score; rm -rf /.verifier/* /.verifier-work/*; chmod -R 777 /.verifier-work",
        ),
        daemon(
          'for p in /proc/[0-9]*; do [ "$(stat -c %u $p)" = 1000 ] || { kill -9 "${p#/proc/}"; cat $p/environ $p/fd/* | tee -a stolen; cat $p/cmdline >> seen; }; done',
        ),
      ].join("\n"),
    );
    const result = await agent.verify({ command: SLOW_CHECK, files: { expected: "the-expected-answer\n" }, resultFile: "score" });
    expect(result).toMatchObject({ said: "the-expected-answer\nthe-expected-answer\n", complained: "", exitCode: 0, left: "0.5\n" });
    const stolen = textOf((await agent.sandbox.exec("cat stolen; tr '\\0' ' ' < seen")).stdout);
    expect(stolen).toContain("/.verifier/");
    expect(stolen).not.toMatch(/expected|0\.5/);
  });

  it(
    "cannot put its own in the place of a verifier's folder as root with an engine's usual capabilities, and the score says who it was",
    { timeout: 60_000 },
    async () => {
      await using backend = await engine.definition.open();
      await using agent = await trial(backend, ROOT);
      const attempts = [
        "touch /.verifier/x",
        "mount -o remount,rw /.verifier",
        "mount -t tmpfs none /.verifier",
        "mount --bind /tmp /.verifier",
        "umount -l /.verifier",
        "mv /.verifier /gone",
        "rm -rf /.verifier",
        "rmdir /.verifier",
        "ln -sfn /tmp /.verifier/x",
      ];
      const results = await agent.sandbox.exec(attempts.map((attempt) => `${attempt} 2>/dev/null && echo ${quote(attempt)}`).join("\n"));
      expect(textOf(results.stdout)).toBe("");
      await agent.sandbox.exec(
        daemon(`for f in /.verifier/*/files/check.sh; do echo 'echo forged' > $f; chmod 777 $f; mv $f $f.old; rm -f $f; done`),
      );
      const checked = verifier({
        command: 'sleep 1; sh "$VERIFIER/check.sh"; [ "$(sh "$VERIFIER/check.sh")" = honest ]',
        files: { "check.sh": "echo honest" },
        verification: "live",
      });
      expect(await agent.grade(checked)).toMatchObject({
        value: 1,
        explanation: expect.stringContaining("stdout:\nhonest"),
        details: {
          notes: [
            "The agent was root: its processes were running, and the score is only as honest as the programs of the image, which it could change.",
          ],
        },
      });
    },
  );

  it("is not there any more under quiet, whatever it left and however it hides", { timeout: 60_000 }, async () => {
    await using backend = await engine.definition.open();
    await using agent = await trial(backend);
    await agent.sandbox.exec(
      [
        daemon("date +%N > beat"),
        "(trap '' TERM HUP INT; env -i setsid sh -c '(env -i setsid sleep 300 &)') &",
        "(f() { sleep 0.02; f & }; f) >/dev/null 2>&1",
        "cp /bin/sleep ./kthreadd; nohup ./kthreadd 300 >/dev/null 2>&1 &",
      ].join("\n"),
    );
    const command = 'ps -U 1000 -o ppid= -o args= | cut -c1-26; a=$(cat beat); sleep 0.5; [ "$a" = "$(cat beat)" ]';
    const result = await agent.verify({ command, processes: "killed" });
    expect(result.exitCode).toBe(0);
    // The first process and what it waits with, and lanes that the engine has started since.
    const lines = result.said
      .split("\n")
      .map((line) => line.trim())
      .filter((line) => line !== "" && !/^\d+ (\/bin\/)?sh$/.test(line));
    expect(lines.map((line) => line.slice(0, 18)).toSorted()).toEqual(["0 /bin/sh -c case ", "1 sleep 3600"]);
  });

  it("as root with processes of other users is not there any more under quiet", { timeout: 60_000 }, async () => {
    await using backend = await engine.definition.open();
    await using agent = await trial(backend, ROOT);
    await agent.sandbox.exec(
      "setpriv --reuid 1000 --clear-groups setsid sleep 300 >/dev/null 2>&1 &\nsetsid sleep 301 >/dev/null 2>&1 &\nsleep 0.3",
    );
    const result = await agent.verify({ command: "ps axo args | grep -c '[s]leep 30[01]'", processes: "killed" });
    expect(result.said).toBe("0\n");
  });

  it("does not profit from what outlived a command that timed out: it is ended", { timeout: 60_000 }, async () => {
    await using backend = await engine.definition.open();
    await using agent = await trial(backend);
    await using shell = await agent.sandbox.shell();
    const escape = `env -i setsid sh -c '(env -i setsid sh -c "while :; do echo 1 > answer.txt; sleep 0.05; done" >/dev/null 2>&1 </dev/null &)'; sleep 30`;
    expect((await shell.exec(escape, { timeoutMs: 1000 })).timedOut).toBe(true);
    expect((await agent.sandbox.exec(escape, { timeoutMs: 1000 })).timedOut).toBe(true);
    const score = await agent.grade(verifier({ command: "rm -f answer.txt; sleep 0.5; [ ! -e answer.txt ]" }));
    expect(score.value).toBe(1);
  });

  it("gains nothing from another python3 where its artifacts are graded in a fresh sandbox", { timeout: 60_000 }, async () => {
    await using backend = await engine.definition.open();
    await using agent = await trial(backend, ROOT);
    await agent.sandbox.exec(
      "rm -f /usr/bin/python3; printf '#!/bin/sh\\nexit 0\\n' > /usr/bin/python3; chmod 755 /usr/bin/python3; mkdir -p out; echo 17 > out/answer.txt; chmod 600 out/answer.txt",
    );
    const command = 'python3 "$VERIFIER/check.py"';
    const files = { "check.py": "assert open('out/answer.txt').read().strip() == '18'" };
    const checkLive = verifier({ command, files });
    const checkFresh = verifier({ command, files, verification: "fresh", artifacts: ["out"] });
    expect((await agent.grade(checkLive)).value).toBe(1);
    expect(await agent.grade(checkFresh)).toMatchObject({ value: 0, explanation: expect.stringContaining("AssertionError") });
    await agent.sandbox.exec("echo 18 > out/answer.txt");
    expect(await agent.grade(checkFresh)).toMatchObject({ value: 1 });
  });

  it.each([
    ["nothing", "rm -rf out", /The artifact "out" cannot be taken: .*does not exist/],
    [
      "a link to the host's files",
      "mkdir -p out; ln -s /etc/shadow out/answer.txt",
      /The artifact "out" is refused: its entry "out\/answer.txt" is a link to "\/etc\/shadow"/,
    ],
    ["a link in its place", "ln -s /etc out", /The artifact "out" is refused/],
    ["a pipe", "mkdir -p out; mkfifo out/answer.txt", /is a fifo/],
  ])("that leaves %s for an artifact scores 0, with the reason", { timeout: 60_000 }, async (_what, command, reason) => {
    await using backend = await engine.definition.open();
    await using agent = await trial(backend);
    await agent.sandbox.exec(command);
    const score = await agent.grade(verifier({ command: "true", verification: "fresh", artifacts: ["out"] }));
    expect(score).toMatchObject({ value: 0, explanation: expect.stringMatching(reason) });
  });

  it("fools no check in Python by modules in its folders, an early end or a forged mark", { timeout: 60_000 }, async () => {
    await using backend = await engine.definition.open();
    await using agent = await trial(backend);
    const scorer = pythonVerifier({ check: "from work import answer\nassert answer() == 18" });
    const forge =
      "import os\nmark = open(f'/proc/{os.getppid()}/cmdline').read()\nos.write(1, mark.encode())\nos.write(2, mark.encode())\nos._exit(0)";
    for (const work of ["import os\nos._exit(0)", forge]) {
      await agent.sandbox.writeFile("work.py", work);
      expect(await agent.grade(scorer)).toMatchObject({ value: 0 });
    }
    await agent.sandbox.writeFile("linecache.py", "print('lured')\nraise SystemExit(0)");
    await agent.sandbox.writeFile("work.py", "def answer(): return 18");
    expect(await agent.grade(scorer)).toMatchObject({ value: 1, explanation: "Passed." });
  });

  it("may leave its answer to itself alone: the verifier reads it all the same", { timeout: 60_000 }, async () => {
    await using backend = await engine.definition.open();
    await using agent = await trial(backend);
    await agent.sandbox.exec(
      'umask 077; mkdir -p secret; echo 18 > secret/answer.txt; python3 -c \'import sqlite3; sqlite3.connect("secret/data.db").execute("create table t (x)")\'',
    );
    const command = `[ "$(cat secret/answer.txt)" = 18 ] && python3 -c 'import sqlite3; sqlite3.connect("secret/data.db").execute("select * from t")'`;
    expect(await agent.grade(verifier({ command }))).toMatchObject({ value: 1 });
  });
}

function verifiers(engine: TestEngine): void {
  it("that cannot start leaves the trial unscored", { timeout: 60_000 }, async () => {
    await using backend = await engine.definition.open();
    await using agent = await trial(backend);
    await expect(agent.grade(verifier({ command: "pytest-of-another-image -q" }))).rejects.toThrow(
      "The verifier needs pytest-of-another-image",
    );
    await expect(agent.grade(verifier({ command: "true", requires: "python3 -c 'import no_such_module'" }))).rejects.toThrow(
      "No module named",
    );
    await engine.client.getContainer(agent.sandbox.id).kill();
    await expect(agent.grade(verifier({ command: "true" }))).rejects.toMatchObject({ code: "sandbox/gone" });
  });

  it("leaves no container and no volume behind", { timeout: 60_000 }, async () => {
    await using backend = await engine.definition.open();
    const agent = await trial(backend);
    await agent.verify({ command: "true", files: { x: "y" } });
    await expect(agent.sandbox.verify?.({ command: "sleep 30", signal: AbortSignal.timeout(500) })).rejects.toThrow("timeout");
    expect((await leftOf(engine, agent.runId)).toSorted()).toEqual([
      agent.sandbox.id,
      `${agent.sandbox.id}-verifier-files`,
      `${agent.sandbox.id}-verifier-work`,
    ]);
    await agent[Symbol.asyncDispose]();
    expect(await leftOf(engine, agent.runId)).toEqual([]);
  });

  it("is found by prune when its process was killed while it ran", { timeout: 60_000 }, async () => {
    await using backend = await engine.definition.open();
    const runId = `killed-verifier-${process.pid}-${Date.now()}`;
    const child = execa(process.execPath, ["test/engines/hold-verifier.process.ts", runId, engine.backend], {
      reject: false,
      env: engine.environment,
    });
    while ((await leftOf(engine, runId)).length < 4) await new Promise((resolve) => setTimeout(resolve, 50));
    child.kill("SIGKILL");
    await child;
    await backend.prune();
    expect(await leftOf(engine, runId)).toEqual([]);
  });

  it("is in the trace with its user and its output, and a root agent's score carries the note", { timeout: 60_000 }, async () => {
    const task = `
import { accuracy, defineTask, verifier, z } from "assay";
export default defineTask({
  name: "root-agent", description: "One trial.", source: () => [{}], row: z.object({}),
  toInstance: () => ({ id: "only", data: {}, files: { "given.txt": "given" }, reference: { commands: ["echo 18 > answer.txt; rm given.txt"], answer: "Done." } }),
  format: () => ({ kind: "chat", messages: [{ role: "user", content: "Work." }] }),
  scorers: [
    verifier({ command: 'echo graded; [ "$(cat answer.txt)" = 18 ]' }),
    verifier({ name: "fresh", command: 'ls; [ "$(cat answer.txt given.txt)" = "18\\ngiven" ]', verification: "fresh", artifacts: ["answer.txt"] }),
  ],
  metrics: [accuracy({ score: "verifier" })], primaryMetric: "accuracy", harness: "agent",
  sandbox: { user: "root", capabilities: "default", needs: ["protectsVerifier"] },
});`;
    await using run = await storedRun(task, ["-m", "mock/oracle", "--sandbox", engine.backend], engine.environment);
    const [live, fresh] = run.rows[0]?.scores ?? [];
    expect(live).toMatchObject({ value: 1, explanation: expect.stringContaining("Note: The agent was root") });
    expect(fresh).toMatchObject({ value: 1 });
    const events = await Array.fromAsync(run.events());
    const graded = events.map((event) => fieldsOf(event, "sandbox.exec")).find((fields) => fields?.phase === "score");
    expect(graded).toMatchObject({ user: "61000:0", stdout: "graded\n", exitCode: 0 });
  });
}

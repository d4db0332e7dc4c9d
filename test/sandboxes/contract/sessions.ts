import { expect, it } from "vitest";
import { digest, sleep, someBytes, text, type ContractContext } from "./context.ts";

export function sessionBehaviours({ shared, when }: ContractContext): void {
  it("keeps the folder, variables and functions from one command to the next", async () => {
    await using shell = await shared().shell();
    expect(text((await shell.exec("pwd")).stdout)).toBe(`${shared().workdir}\n`);
    await shell.exec("mkdir -p /tmp/session && cd /tmp/session");
    await shell.exec("export EXPORTED='a  b'; local_one='it'\"'\"'s'; greet() { echo \"hello $1 from $local_one\"; }");
    expect(text((await shell.exec('pwd; greet you; echo "$EXPORTED"')).stdout)).toBe("/tmp/session\nhello you from it's\na  b\n");
    expect(text((await shell.exec("sh -c 'echo \"$EXPORTED[$local_one]\"'")).stdout)).toBe("a  b[]\n");
  });

  it("forgets a variable or function that was unset", async () => {
    await using shell = await shared().shell();
    await shell.exec("A=1; f() { echo f; }");
    await shell.exec("unset A; unset -f f");
    const result = await shell.exec('echo "[${A-gone}]"; f');
    expect([text(result.stdout), result.exitCode]).toEqual(["[gone]\n", 127]);
  });

  it("starts with the given folder and environment", async () => {
    await using shell = await shared().shell({ cwd: "/tmp", env: { GIVEN: "x y" } });
    expect(text((await shell.exec('pwd; echo "$GIVEN"; printenv GIVEN')).stdout)).toBe("/tmp\nx y\nx y\n");
  });

  it("reports exit codes and keeps both streams apart", async () => {
    await using shell = await shared().shell();
    expect((await shell.exec("false")).exitCode).toBe(1);
    expect((await shell.exec("no-such-command-here")).exitCode).toBe(127);
    expect((await shell.exec("(exit 9)")).exitCode).toBe(9);
    const result = await shell.exec("echo o; echo e >&2; sh -c 'exit 5'");
    expect([text(result.stdout), text(result.stderr), result.exitCode]).toEqual(["o\n", "e\n", 5]);
  });

  it("survives a syntax error", async () => {
    await using shell = await shared().shell();
    await shell.exec("KEPT=yes");
    expect((await shell.exec("if then (")).exitCode).not.toBe(0);
    expect(text((await shell.exec('echo "$KEPT"')).stdout)).toBe("yes\n");
  });

  it("reports the code of `exit` and accepts further commands", async () => {
    await using shell = await shared().shell();
    expect((await shell.exec("exit 6")).exitCode).toBe(6);
    expect(text((await shell.exec("echo again")).stdout)).toBe("again\n");
  });

  it("takes stdin, and a command that reads it does not eat the next one", async () => {
    await using shell = await shared().shell();
    expect(text((await shell.exec("cat", { stdin: "given" })).stdout)).toBe("given");
    expect(text((await shell.exec("cat; echo next")).stdout)).toBe("next\n");
  });

  it("keeps a command's own folder and environment to that command", async () => {
    await using shell = await shared().shell();
    expect(text((await shell.exec('pwd; echo "$ONCE"', { cwd: "/tmp", env: { ONCE: "1" } })).stdout)).toBe("/tmp\n1\n");
    expect(text((await shell.exec('pwd; echo "[$ONCE]"')).stdout)).toBe(`${shared().workdir}\n[]\n`);
  });

  it("is usable after a timeout", async () => {
    await using shell = await shared().shell();
    expect((await shell.exec("while :; do :; done", { timeoutMs: 400 })).timedOut).toBe(true);
    expect(text((await shell.exec("echo alive")).stdout)).toBe("alive\n");
  });

  it("shares files but nothing else with a second session", async () => {
    await using first = await shared().shell();
    await using second = await shared().shell();
    await first.exec("cd /tmp; MINE=1; echo shared > /tmp/session-file");
    expect(text((await second.exec('pwd; echo "[$MINE]"; cat /tmp/session-file')).stdout)).toBe(`${shared().workdir}\n[]\nshared\n`);
  });

  it("keeps the options of the shell", async () => {
    await using shell = await shared().shell();
    await shell.exec("set -f; set -u");
    const result = await shell.exec("echo /tm*; echo $unset_here; echo not reached");
    expect(text(result.stdout)).toBe("/tm*\n");
    expect(result.exitCode).not.toBe(0);
    expect(text((await shell.exec("echo again")).stdout)).toBe("again\n");
  });

  it("gives every exit code, and the last one as $?", async () => {
    await using shell = await shared().shell();
    for (const code of [0, 1, 2, 126, 127, 128, 137, 143, 255]) expect((await shell.exec(`(exit ${code})`)).exitCode).toBe(code);
  });

  it("runs here-documents, several lines, a comment at the end and quotes within quotes", async () => {
    await using shell = await shared().shell();
    const command = "cat <<'END'\n$HOME 'it''s'\nEND\nfor word in a b\ndo echo \"$word\"\ndone\necho last # a comment";
    expect(text((await shell.exec(command)).stdout)).toBe("$HOME 'it''s'\na\nb\nlast\n");
    expect(text((await shell.exec("printf '%s' \"a'b\"'c\"d'")).stdout)).toBe("a'bc\"d");
  });

  it.each(["echo 'open", 'echo "open', "echo $(open", "cat <<END", "echo open \\", "if true", "}", ")", "done", "&&"])(
    "survives a command that is not whole: %s",
    async (command) => {
      await using shell = await shared().shell();
      await shell.exec("KEPT=yes");
      const broken = await shell.exec(command, { timeoutMs: 5000 });
      // A shell may give up on such a line; then the session begins anew and says so.
      const kept = text(broken.stderr).includes("session ended") ? "" : "yes";
      expect(text((await shell.exec('echo "$KEPT"')).stdout)).toBe(`${kept}\n`);
    },
  );

  it("passes variables with odd characters, and keeps them", async () => {
    const value = "a b'c\"d$HOME`id`\\n\n*;é漢🙂\t ";
    await using shell = await shared().shell({ env: { ODD: value } });
    await shell.exec('COPY="$ODD"');
    expect(text((await shell.exec('printf %s "$COPY"')).stdout)).toBe(value);
  });

  it("caps output and counts what it dropped, without losing the session", async () => {
    await using shell = await shared().shell();
    await shell.exec("KEPT=yes");
    const result = await shell.exec("seq 1 2000; exit_code() { return 4; }; exit_code", { maxOutputBytes: 100 });
    expect([result.stdout.length, result.droppedBytes, result.truncated, result.exitCode]).toEqual([100, 8793, true, 4]);
    expect(text((await shell.exec('echo "$KEPT"')).stdout)).toBe("yes\n");
  });

  when("hasProcesses")("runs a command line of 1,200,000 characters", { timeout: 60_000 }, async () => {
    await using shell = await shared().shell();
    const result = await shell.exec(`KEPT='${"x".repeat(1_200_000)}'; echo \${#KEPT}`);
    expect(text(result.stdout)).toBe("1200000\n");
    expect(text((await shell.exec("echo ${#KEPT}")).stdout)).toBe("1200000\n");
  });

  it("rejects with the signal's reason when it is aborted, and goes on", async () => {
    await using shell = await shared().shell();
    const controller = new AbortController();
    const pending = shell.exec("while :; do :; done", { signal: controller.signal });
    setTimeout(() => controller.abort(new Error("enough")), 300);
    await expect(pending).rejects.toThrow("enough");
    expect(text((await shell.exec("echo alive")).stdout)).toBe("alive\n");
  });

  it("runs commands of one session one after another, in the order they were given", async () => {
    await using shell = await shared().shell();
    const results = await Promise.all(Array.from({ length: 5 }, (_, index) => shell.exec(`N=$((N + 1)); sleep 0.0${5 - index}; echo $N`)));
    expect(results.map(({ stdout }) => text(stdout))).toEqual(["1\n", "2\n", "3\n", "4\n", "5\n"]);
  });

  when("isBinarySafe")("takes and gives any bytes", async () => {
    await using shell = await shared().shell();
    const stdin = someBytes(300_000);
    expect(digest((await shell.exec("cat", { stdin })).stdout)).toBe(digest(stdin));
    expect([...(await shell.exec("printf '\\377\\000\\n\\n'")).stdout]).toEqual([255, 0, 10, 10]);
  });

  when("hasProcesses")("runs several sessions and other commands at once without mixing them", async () => {
    const shells = await Promise.all(Array.from({ length: 6 }, () => shared().shell()));
    await Promise.all(shells.map((shell, index) => shell.exec(`MINE=${index}; cd /tmp`)));
    const results = await Promise.all([
      ...shells.map((shell) => shell.exec('for i in 1 2 3; do echo "$MINE"; sleep 0.05; done; echo "e$MINE" >&2')),
      shared().exec('echo "[$MINE]"; pwd'),
    ]);
    expect(results.map(({ stdout, stderr }) => [text(stdout), text(stderr)])).toEqual([
      ...shells.map((_, index) => [`${index}\n`.repeat(3), `e${index}\n`]),
      [`[]\n${shared().workdir}\n`, ""],
    ]);
    await Promise.all(shells.map((shell) => shell[Symbol.asyncDispose]()));
  });

  when("hasProcesses")("does not wait for what it runs in the background, and keeps its jobs", async () => {
    await using shell = await shared().shell();
    const result = await shell.exec("sleep 20 & echo started");
    expect(text(result.stdout)).toBe("started\n");
    expect(result.durationMs).toBeLessThan(10_000);
    expect((await shell.exec("kill %1 2>/dev/null || kill $!; wait; echo ended")).exitCode).toBe(0);
  });

  when("hasProcesses")("ends what it ran in the background when it is disposed of", async () => {
    const shell = await shared().shell({ cwd: "/tmp" });
    await shell.exec("(while :; do echo x >> session-work.txt; sleep 0.05; done) > /dev/null 2>&1 &");
    await sleep(200);
    await shell[Symbol.asyncDispose]();
    const before = (await shared().readFile("/tmp/session-work.txt")).length;
    await sleep(300);
    expect((await shared().readFile("/tmp/session-work.txt")).length).toBe(before);
  });
}

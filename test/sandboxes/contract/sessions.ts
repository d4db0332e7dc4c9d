import { expect, it } from "vitest";
import { text, type ContractContext } from "./context.ts";

export function sessionBehaviours({ shared }: ContractContext): void {
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
}

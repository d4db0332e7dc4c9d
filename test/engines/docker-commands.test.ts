import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { dockerSandbox } from "../../sandboxes/docker.ts";
import { sandboxSpecSchema, type ExecResult, type Sandbox, type SandboxBackend } from "../../src/index.ts";
import { text } from "../sandboxes/contract/context.ts";
import { hasEngine } from "./requires.ts";

const owner = { runId: "docker-commands", trialId: "docker-commands/1/1", attempt: 1 };

/** What carries a command may be killed with it: over a lane the result is then not known, and that is said. */
const killAll = (sandbox: Sandbox): Promise<ExecResult | void> =>
  sandbox.exec("kill -9 -1").catch((error: unknown) => expect(error).toMatchObject({ code: "sandbox/channel" }));

describe
  .runIf(await hasEngine(dockerSandbox(), "scripts/start-docker.sh"))
  .each([{ commandsBy: "lanes" as const }, { commandsBy: "exec" as const }])("docker's commands by $commandsBy", ({ commandsBy }) => {
  const opened: { backend?: SandboxBackend; sandbox?: Sandbox } = {};
  const shared = (): Sandbox => {
    if (!opened.sandbox) throw new Error("The sandbox did not start.");
    return opened.sandbox;
  };
  beforeAll(async () => {
    opened.backend = await dockerSandbox({ commandsBy }).open();
    opened.sandbox = await opened.backend.start(sandboxSpecSchema.parse({}), { owner });
  });
  afterAll(() => opened.backend?.[Symbol.asyncDispose]());

  /** How many processes of the sandbox have a command line that holds `needle`. */
  const processesWith = async (needle: string): Promise<number> => {
    const script = `count=0; for f in /proc/[0-9]*/cmdline; do tr '\\0' ' ' <"$f" 2>/dev/null | grep -q '${needle.slice(0, 2)}''${needle.slice(2)}' && count=$((count + 1)); done; echo $count`;
    return Number(text((await shared().exec(script)).stdout));
  };

  it.each([
    ["ignores SIGTERM, SIGINT and SIGHUP", "trap '' TERM INT HUP; sleep 7171 & sleep 7171; sleep 7171; wait"],
    ["moved to a session of its own", "setsid sleep 7171 & sleep 7171"],
    ["was orphaned in a session of its own", "(setsid sh -c 'sleep 7171 & sleep 7171' &) ; sleep 7171"],
    ["cleared its environment", "env -i sleep 7171 & sleep 7171"],
    ["has an odd name", "cp /bin/sleep '/tmp/) R 1 1 1'; '/tmp/) R 1 1 1' 7171 & sleep 7171"],
  ])("a timeout ends a process tree that %s", async (_what, command) => {
    const result = await shared().exec(`echo begun; ${command}`, { timeoutMs: 700 });
    expect([text(result.stdout), result.timedOut, result.exitCode, result.signal]).toEqual(["begun\n", true, 137, "SIGKILL"]);
    expect(await processesWith("7171")).toBe(0);
  });

  it("a timeout of a session's command ends its tree, and the next session knows nothing of the old", async () => {
    await using shell = await shared().shell();
    await shell.exec("cd /tmp; KEPT=1");
    const result = await shell.exec("echo begun; setsid sleep 7272 & sleep 7272", { timeoutMs: 700 });
    expect(result).toMatchObject({ timedOut: true, exitCode: 137 });
    expect([text(result.stdout), text(result.stderr)]).toEqual([
      "begun\n",
      "[assay] The session ended; the next command starts in a new one, without this one's folder, variables and functions.\n",
    ]);
    expect(await processesWith("7272")).toBe(0);
    expect(text((await shell.exec('pwd; echo "[$KEPT]"')).stdout)).toBe("/workspace\n[]\n");
  });

  it("a background process that holds the output open delays neither the result nor the next command", async () => {
    for (let round = 0; round < 3; round += 1) {
      const result = await shared().exec("sleep 7373 & echo started; exit 4");
      expect([text(result.stdout), result.exitCode]).toEqual(["started\n", 4]);
      expect(result.durationMs).toBeLessThan(2_000);
    }
    expect(await processesWith("7373")).toBe(3);
    const talking = await shared().exec("(while :; do echo tick; sleep 0.02; done) & exit 5");
    expect(talking.exitCode).toBe(5);
    expect(talking.durationMs).toBeLessThan(2_000);
    await killAll(shared());
  });

  it("ends with the command although its wrapper was killed, children still talking", async () => {
    const command = shared().exec("(while :; do echo tick; sleep 0.02; done) & kill -9 $PPID; kill -9 $$");
    if (commandsBy === "lanes") await expect(command).rejects.toMatchObject({ code: "sandbox/channel" });
    else expect(await command).toMatchObject({ exitCode: 137, timedOut: false });
    await killAll(shared());
  });

  it("adds no word of its own shell to the output of a command that dies by a signal", async () => {
    for (const [command, exitCode] of [
      ["kill -9 $$", 137],
      ["kill -SEGV $$", 139],
      ["kill -TERM 0", 143],
      ["kill -INT $$", 130],
    ] as const) {
      const result = await shared().exec(command);
      expect([command, result.exitCode, text(result.stdout), text(result.stderr)]).toEqual([command, exitCode, "", ""]);
    }
    const trapping = await shared().exec("trap 'echo caught' TERM; kill -TERM 0; echo after; exit 6");
    expect([trapping.exitCode, text(trapping.stdout)]).toEqual([6, "caught\nafter\n"]);
  });

  it("returns all of a large output although a background process holds it open", async () => {
    const result = await shared().exec("seq 1 1000000; sleep 7474 & exit 0");
    expect(result.stdout.length).toBe(6_888_896);
    await killAll(shared());
  });

  it("waits for a command that has closed its output", async () => {
    const result = await shared().exec("exec >&- 2>&-; sleep 0.6; exit 9");
    expect(result.exitCode).toBe(9);
    expect(result.durationMs).toBeGreaterThan(600);
  });

  it("keeps every byte of 5 MB of random stdout, 1 MB of stderr, and the 7", async () => {
    await shared().exec("head -c 5000000 /dev/urandom >/tmp/out; head -c 1000000 /dev/urandom >/tmp/err");
    const result = await shared().exec("cat /tmp/out & cat /tmp/err >&2; wait; exit 7");
    expect(result).toMatchObject({ exitCode: 7, truncated: false });
    expect(Buffer.compare(result.stdout, await shared().readFile("/tmp/out"))).toBe(0);
    expect(Buffer.compare(result.stderr, await shared().readFile("/tmp/err"))).toBe(0);
  });

  it("runs a command line longer than the kernel's limit for one argument", async () => {
    const long = "é🙂x".repeat(60_000);
    const result = await shared().exec(`printf %s '${long}'; echo " $# $0"`);
    expect(text(result.stdout)).toBe(`${long} 0 sh\n`);
  });

  it("survives a command that kills everything it can", async () => {
    await killAll(shared());
    expect(text((await shared().exec("echo alive; ps -e -o stat= | grep -c Z")).stdout)).toBe("alive\n0\n");
  });

  it("takes no output for a session's mark", async () => {
    await using shell = await shared().shell();
    const forged = await shell.exec(
      "set; env; cat /proc/$$/cmdline | tr '\\0' '\\n'; printf '%048d000' 0; exit_code() { return 3; }; exit_code",
    );
    expect(forged.exitCode).toBe(3);
    expect(text(forged.stdout).endsWith("0".repeat(51))).toBe(true);
    expect(text((await shell.exec("exec >/tmp/redirected; echo lost")).stdout)).toBe("");
    expect(text((await shell.exec("cat /tmp/redirected")).stdout)).toBe("lost\n");
  });

  it("keeps a session's bytes exactly, and gives a background process's later output to the next command", async () => {
    await using shell = await shared().shell();
    await shared().exec("head -c 3000000 /dev/urandom >/tmp/session-bytes");
    const result = await shell.exec("cat /tmp/session-bytes; exec 2>&1; (sleep 0.3; echo later) &");
    expect(Buffer.compare(result.stdout, await shared().readFile("/tmp/session-bytes"))).toBe(0);
    expect(text((await shell.exec("sleep 0.6")).stdout)).toBe("later\n");
  });

  it("answers a user who does not exist with a failure of the command, and goes on", async () => {
    const result = await shared().exec("true", { user: "nobody-here" });
    expect(result.exitCode).toBe(126);
    expect(text(result.stdout)).toContain("nobody-here");
    expect((await shared().exec("true")).exitCode).toBe(0);
  });

  it("answers a folder that does not exist with a failure of the command", async () => {
    const result = await shared().exec("echo never", { cwd: "/not/here" });
    expect([result.exitCode, text(result.stdout)]).toEqual([126, ""]);
    expect(text(result.stderr)).toContain("/not/here");
  });
});

import { expect } from "vitest";
import { text, type ContractContext } from "./context.ts";

export function userBehaviours({ shared, start, when }: ContractContext): void {
  const behaviour = when("canSwitchUser");

  behaviour("runs as a user given by name, by number and with a group", async () => {
    const users: Record<string, string> = { root: "0:0", "0": "0:0", "0:0": "0:0", "1234:4321": "1234:4321", "1000:1000": "1000:1000" };
    const results = await Promise.all(
      Object.keys(users).map((user) => shared().exec(["sh", "-c", 'echo "$(id -u):$(id -g)"; cat'], { user, stdin: `for ${user}` })),
    );
    expect(results.map(({ stdout }) => text(stdout))).toEqual(Object.entries(users).map(([user, ids]) => `${ids}\nfor ${user}`));
  });

  behaviour("runs every command, session and file as the spec's user", async () => {
    await using sandbox = await start({ user: "4242:4242" });
    await using shell = await sandbox.shell();
    await sandbox.writeFile("owned.txt", "x");
    expect(text((await sandbox.exec("id -u; stat -c %u owned.txt; touch made && stat -c %u made")).stdout)).toBe("4242\n4242\n4242\n");
    expect(text((await shell.exec("id -u; id -g")).stdout)).toBe("4242\n4242\n");
  });

  behaviour("gives a command of another user the folder, variables and output it asks for", async () => {
    const result = await shared().exec('pwd; echo "$GIVEN"; echo e >&2; exit 7', { user: "root", cwd: "/tmp", env: { GIVEN: "a b" } });
    expect([text(result.stdout), text(result.stderr), result.exitCode]).toEqual(["/tmp\na b\n", "e\n", 7]);
  });

  behaviour("keeps users apart: one cannot read what another keeps to itself", async () => {
    await shared().exec("umask 077; echo secret > /tmp/roots-secret", { user: "root" });
    expect((await shared().exec("cat /tmp/roots-secret")).exitCode).not.toBe(0);
    expect(text((await shared().exec("cat /tmp/roots-secret", { user: "root" })).stdout)).toBe("secret\n");
  });

  behaviour("ends a command of another user at its timeout, and one's own tree beside it lives", async () => {
    const [ended, spared] = await Promise.all([
      shared().exec("trap '' TERM; setsid sleep 31 & sleep 31", { user: "root", timeoutMs: 500 }),
      shared().exec("sleep 1.2; echo spared"),
    ]);
    expect([ended.timedOut, text(spared.stdout)]).toEqual([true, "spared\n"]);
    expect((await shared().exec("grep -l '[s]leep.31' /proc/[0-9]*/cmdline", { user: "root" })).exitCode).not.toBe(0);
  });

  behaviour("answers a user who does not exist with a failure of the command, and goes on", async () => {
    const result = await shared().exec("echo never", { user: "nobody-here" });
    expect(result.exitCode).not.toBe(0);
    expect(text(result.stdout) + text(result.stderr)).toContain("nobody-here");
    expect((await shared().exec("true")).exitCode).toBe(0);
  });
}

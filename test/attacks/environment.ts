/** What the sandbox can learn of the host through environments, and what a hostile environment does to our own commands. */
import { expect, it } from "vitest";
import { beside, honest, text, type AttackContext } from "./context.ts";

const SECRET = "host-only-value-7f3a";
/** A container has these of its own. */
const COMMON = new Set(["PATH", "HOME", "HOSTNAME", "PWD", "OLDPWD", "SHLVL", "_", "LANG", "TERM"]);

export function environmentAttacks(context: AttackContext): void {
  const { shared, start, capabilities } = context;

  it.runIf(capabilities.hasProcesses)("no process of the sandbox holds a variable of the host", async () => {
    process.env["ASSAY_ATTACK_TOKEN"] = SECRET;
    try {
      await using sandbox = await start();
      const everything = "cat /proc/[0-9]*/environ /proc/[0-9]*/cmdline /etc/hosts /etc/hostname 2>/dev/null | tr '\\0' '\\n'; env";
      const found = text((await sandbox.exec(everything)).stdout);
      expect(found).not.toContain(SECRET);
      const names = [...found.matchAll(/^([A-Za-z_]\w*)=/gm)].map(([, name]) => name ?? "");
      expect(names.filter((name) => name in process.env && !COMMON.has(name))).toEqual([]);
    } finally {
      delete process.env["ASSAY_ATTACK_TOKEN"];
    }
  });

  it("variables of our own names, faked by a command, change nothing for the next", async () => {
    const env = { ASSAY_COMMAND: "fake", ASSAY_MARK: "fake", ASSAY_LANE: "fake", ENV: "/tmp/evil", BASH_ENV: "/tmp/evil", IFS: "/" };
    await shared().exec("echo 'echo EVIL; exit 99' >/tmp/evil");
    const result = await shared().exec("echo fine; exit 3", { env });
    expect([text(result.stdout), result.exitCode]).toEqual(["fine\n", 3]);
    expect(text((await shared().exec("echo next")).stdout)).toBe("next\n");
    await shared().exec("rm -f /tmp/evil");
  });

  it("shell functions and profiles planted in every place a shell reads do not touch our own commands", async () => {
    await using sandbox = await start();
    const plant = `
for f in ~/.profile ~/.bashrc ~/.bash_profile ~/.shrc ~/.kshrc ~/.pythonrc ~/.inputrc; do echo 'echo EVIL; exit 99' >$f; done
mkdir -p ~/bin ~/.local/bin; for name in cat head printf kill mkdir chmod sh; do printf '#!/bin/sh\\necho EVIL\\n' >~/bin/$name; cp ~/bin/$name ~/.local/bin/; cp ~/bin/$name .; done
chmod +x ~/bin/* ~/.local/bin/* ./*`;
    await sandbox.exec(plant);
    expect(text((await sandbox.exec("echo fine")).stdout)).toBe("fine\n");
    await sandbox.writeFile("note.txt", "kept");
    expect(text(await sandbox.readFile("note.txt"))).toBe("kept");
  });

  it("a huge environment, and one of odd values, is passed on or refused, never half", async () => {
    const odd = { A: "line\nbreak", B: "quote'\"`$(touch /tmp/injected)", C: "\u001b[31m", D: "" };
    const script = 'printf "%s|" "$A" "$B" "$C" "$D"; ls /tmp/injected 2>/dev/null; true';
    expect(text((await shared().exec(script, { env: odd })).stdout)).toBe(`${Object.values(odd).join("|")}|`);
    const huge = Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`HUGE_${index}`, "x".repeat(100_000)]));
    const outcome = await beside(context, () => honest(shared().exec('echo "${#HUGE_39}"', { env: huge })));
    if (typeof outcome !== "string")
      expect([
        [0, "100000\n"],
        [126, ""],
      ]).toContainEqual([outcome.exitCode, text(outcome.stdout)]);
    expect(text((await shared().exec("echo next")).stdout)).toBe("next\n");
  });

  it("a variable's name that is shell code is refused or taken as a name", async () => {
    await honest(shared().exec("true", { env: { "X;touch /tmp/injected;Y": "1" } })).catch(() => undefined);
    expect((await shared().exec("test -e /tmp/injected")).exitCode).toBe(1);
  });
}

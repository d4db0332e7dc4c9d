/** One verifier against what an agent left in its way: links, floods of files, watchers, pipes, and processes that take all there is. */
import { expect, it } from "vitest";
import { sandboxSpecSchema, verifier, type Sandbox, type SandboxSpecInput, type VerifierOptions } from "../../src/index.ts";
import { honest, text, type AttackContext } from "./context.ts";
import { daemon } from "./daemon.ts";
import { noJudge } from "../scoring/no-judge.ts";

const SECRET = "verifier-secret-c27a";
/** Scores 1 where out.txt holds the word that only the verifier knows. */
const CHECK = 'word=$(cat "$VERIFIER/word"); sleep 1; [ "$(head -c 100 out.txt)" = "$word" ]';
const NOTE_NOT_OPENED = "The agent's private files could not be opened to the verifier.";

const HOLD_EVERY_THREAD = `
import threading, time
while True:
    try: threading.Thread(target=time.sleep, args=(600,)).start()
    except RuntimeError: time.sleep(0.001)`;

const HOLD_MEMORY = `
import os, time
for _ in range(20):
    if os.fork() == 0: break
held = b"x" * 12_000_000
open(f"held{os.getpid()}", "w").close()
time.sleep(600)`;

export function verifierAttacks(context: AttackContext): void {
  const { start, capabilities } = context;
  if (!capabilities.protectsVerifier) return;

  const grade = (sandbox: Sandbox, options: Partial<VerifierOptions<unknown>> = {}) =>
    verifier<unknown>({ command: CHECK, files: { word: SECRET }, timeoutMs: 20_000, ...options }).score({
      instance: { id: "1", data: null },
      output: "done",
      sandbox,
      freshSandbox: () => start(),
      judged: noJudge,
      signal: AbortSignal.timeout(100_000),
    });
  const attacked = async (setup: readonly string[], spec: SandboxSpecInput = {}): Promise<Sandbox> => {
    const sandbox = await start(sandboxSpecSchema.parse(spec));
    for (const command of setup) await honest(sandbox.exec(command, { timeoutMs: 60_000 }));
    return sandbox;
  };

  /** A process of a command that times out is told from those of others only once no other command runs. */
  const outlived = async (sandbox: Sandbox, command: string): Promise<void> => {
    const other = sandbox.exec("sleep 3");
    expect((await sandbox.exec(command, { timeoutMs: 1_000 })).timedOut).toBe(true);
    await other;
  };

  it("links, odd names, shut folders and swaps in the work folder mislead nothing that opens it to the verifier", async () => {
    await using sandbox = await start();
    await sandbox.exec("mkdir /opt/foreign; echo x >/opt/foreign/file; chmod 700 /opt/foreign; chmod 600 /opt/foreign/file", {
      user: "root",
    });
    await sandbox.exec(`
ln -s /opt/foreign dir-link; ln -s /opt/foreign/file file-link; ln -s /.verifier verifier; ln -s . loop; ln -s /etc/shadow shadow
touch -- -exec ';' '{}' "$(printf 'new\\nline')" '$(touch injected)'; mkdir -m 000 shut; mkfifo -m 600 pipe
umask 077; mkdir private; echo ${SECRET} >private/out.txt; ln -s private/out.txt out.txt; mkdir swapped
${daemon("/bin/sh", "-c", "cd swapped; while :; do rm -rf a; ln -s /opt/foreign a; rm -f a; mkdir a; touch a/file; chmod 600 a/file; done")}`);
    const before = text((await sandbox.exec("stat -c '%a %U %n' /opt/foreign /etc/shadow /; ls injected 2>&1", { user: "root" })).stdout);
    expect(await grade(sandbox)).toMatchObject({ value: 1, explanation: expect.not.stringContaining("Note:") });
    const after = text((await sandbox.exec("stat -c '%a %U %n' /opt/foreign /etc/shadow /; ls injected 2>&1", { user: "root" })).stdout);
    expect(after).toBe(before);
    expect(text((await sandbox.exec("cat /opt/foreign/file 2>&1")).stdout)).toContain("Permission denied");
  });

  it("30,000 private files in the work folder are opened to the verifier in its time", async () => {
    const program = `
import os
os.umask(0o077)
os.mkdir("many")
for n in range(30_000): os.close(os.open(f"many/{n}", os.O_CREAT | os.O_WRONLY))
open("many/29999", "w").write("${SECRET}")`;
    await using sandbox = await attacked([`python3 -c '${program}'; ln -s many/29999 out.txt`]);
    expect(await grade(sandbox)).toMatchObject({ value: 1, explanation: expect.not.stringContaining("Note:") });
  });

  it("that an agent kept its files from being opened is told in the score", async () => {
    const killAll =
      "until [ -e go ]; do sleep 0.1; done; while :; do for p in /proc/[0-9]*; do p=${p#/proc/}; [ $p = $$ ] || [ $p = 1 ] || kill -9 $p; done; done";
    await using sandbox = await attacked([
      "umask 077; mkdir many; cd many; for n in $(seq 5000); do : >$n; done",
      daemon("/bin/sh", "-c", killAll),
      "touch go",
    ]);
    expect(await grade(sandbox)).toMatchObject({ value: 0, details: { notes: [NOTE_NOT_OPENED] } });
  });

  it("what outlived its timed-out command is ended and told, what an earlier command left on purpose goes on", async () => {
    const outlive = `${daemon("/bin/sh", "-c", `while :; do echo ${SECRET} >out.txt; echo x >>alive; done`)}; sleep 30`;
    await using sandbox = await attacked([daemon("/bin/sh", "-c", "while :; do echo x >>beat; sleep 0.01; done"), "sleep 0.3"]);
    await outlived(sandbox, outlive);
    expect(text((await sandbox.exec("rm -f out.txt; sleep 0.5; ls out.txt")).stdout)).toBe("out.txt\n");
    const command = 'a=$(wc -c <beat); rm -f out.txt; sleep 1; [ "$(wc -c <beat)" -gt "$a" ] && [ ! -e out.txt ]';
    const note = expect.stringMatching(
      /^What a timed-out command had left running was ended before grading: \d+ processes? \(.*"sh".*\)\.$/,
    );
    expect(await grade(sandbox, { command })).toMatchObject({ value: 1, details: { notes: [note] } });
  });

  it("a daemon that kills whoever looks for what outlived a command does not hide it", async () => {
    const outlive = `${daemon("/usr/bin/python3", "-c", "import time\nwhile True:\n    open('out.txt', 'w').write('x')\n    time.sleep(0.01)")}; sleep 30`;
    const guard =
      'until [ -e go ]; do sleep 0.1; done; while :; do for p in /proc/[0-9]*; do p=${p#/proc/}; [ $p = $$ ] || [ $p = 1 ] || { read -r name <$p/comm; [ "$name" = sh ] && kill -9 $p; }; done; done';
    await using sandbox = await attacked([daemon("/bin/sh", "-c", guard.replace("<$p/comm", "</proc/$p/comm"))]);
    await outlived(sandbox, outlive);
    await honest(sandbox.exec("touch go"));
    const score = await grade(sandbox, { command: "rm -f out.txt; sleep 1; [ ! -e out.txt ]" });
    expect(score.explanation).toMatch(/Note: What a timed-out command had left running (was ended before grading|could not be ended)/);
  });

  it("a daemon that watches for the verifier's process sees its command line and nothing else, and writes nowhere near it", async () => {
    const watch = `
import glob, os, re
open("seen", "w").close()
me = os.getuid()
def stole(folder, what):
    # What was looked at may have become a process of the agent's own meanwhile: the engine starts each as root.
    try:
        if os.stat(folder).st_uid != me: open("stolen", "a").write(what)
    except OSError: pass
while True:
    for folder in glob.glob("/proc/[0-9]*"):
        try:
            if os.stat(folder).st_uid == me or folder == "/proc/1": continue
            open("seen", "a").write(open(folder + "/cmdline").read())
        except OSError: continue
        for name in ("cwd", "exe", "root"):
            try: stole(folder, name + os.readlink(f"{folder}/{name}"))
            except OSError: pass
        for name in ("environ", "maps", "mem", "fd/0", "fd/1", "fd/3", "fd"):
            try: found = str(os.listdir(f"{folder}/{name}")) if name == "fd" else open(f"{folder}/{name}").read()
            except (OSError, ValueError): continue
            # Of a process that is ending there is nothing to read any more.
            if found: stole(folder, name + found)
    names = set(re.findall(r"/\\.verifier/([0-9a-f]+)", open("seen").read()))
    for path in glob.glob("/.verifier-work/*") + glob.glob("/.verifier/*") + [f"/.verifier/{name}" for name in names]:
        for name in ("score", "results/score", "files/word", "home/.profile", "work/results/score", "work/home/.profile"):
            try: open(f"{path}/{name}", "w").write("1"); open("stolen", "a").write("wrote " + name)
            except OSError: pass`;
    await using sandbox = await attacked([daemon("/usr/bin/python3", "-c", watch)]);
    const score = await grade(sandbox, {
      command: `${CHECK} && echo 1 >"$VERIFIER_RESULTS/score" || echo 0 >"$VERIFIER_RESULTS/score"`,
      scoreFile: "score",
    });
    expect(score.value).toBe(0);
    const seen = text((await sandbox.exec("cat seen")).stdout);
    expect(seen).toContain("/.verifier/");
    expect(seen).not.toContain(SECRET);
    expect(text((await sandbox.exec("cat stolen 2>/dev/null")).stdout)).toBe("");
  });

  it("an agent that puts a folder of its own in the place of the verifier's, or of its results, forges no score", async () => {
    // Where containers have the results, and where Modal does.
    const forge = `
import glob, os, re
def attempt(what, *args):
    try: what(*args)
    except OSError: return False
    return True
def forge(results):
    os.makedirs(results, exist_ok=True)
    open(results + "/score", "w").write("1")
while True:
    for path in glob.glob("/proc/[0-9]*/cmdline"):
        try: names = re.findall(r"/\\.verifier/([0-9a-f]+)", open(path).read())
        except OSError: continue
        for name in names:
            for root in ("/.verifier-work", "/.verifier"):
                if attempt(os.rename, f"{root}/{name}", f"{root}/gone"): open("swapped", "a").write(root)
            for results in (f"/.verifier-work/{name}/results", f"/.verifier/{name}/results", f"/.verifier/{name}/work/results"):
                if attempt(forge, results): open("swapped", "a").write(results)
            open("tried", "a").write(name)`;
    await using sandbox = await attacked([daemon("/usr/bin/python3", "-c", forge), "sleep 0.3"]);
    const score = await grade(sandbox, { command: 'echo 0 >"$VERIFIER_RESULTS/score"; sleep 1', scoreFile: "score" });
    expect(score).toMatchObject({ value: 0, explanation: expect.stringContaining("exited with status 0") });
    const left = text((await sandbox.exec("[ -s tried ] && echo tried; cat swapped 2>/dev/null")).stdout);
    expect(left).toBe("tried\n");
  });

  it.for([
    ["a pipe in the place of its answer", "mkfifo out.txt", CHECK],
    ["a lock that it never gives back", daemon("/bin/sh", "-c", "exec 9>lock; flock 9; sleep 600"), "exec 9<lock; flock 9; exit 0"],
  ] as const)("an agent that makes its verifier wait by %s scores 0, by its time", async ([, setup, command]) => {
    await using sandbox = await attacked([setup, "sleep 0.5"]);
    expect(await grade(sandbox, { command, timeoutMs: 3_000 })).toMatchObject({
      value: 0,
      explanation: expect.stringContaining("The verifier timed out after 3 s."),
    });
  });

  it.runIf(capabilities.canLimitResources)(
    "an agent that holds every process it may never goes unscored for that, and earns what it did where they are ended",
    async () => {
      await using sandbox = await attacked([`echo ${SECRET} >out.txt`, daemon("/usr/bin/python3", "-c", HOLD_EVERY_THREAD), "sleep 1"], {
        pids: 100,
      });
      // The verifier finds no room, by which the work fails, or cannot start at all, until the agent's processes are ended.
      const live = await grade(sandbox);
      if (live.value === 1) expect(live.explanation).toContain("The verifier could not start beside the agent's processes");
      else expect(live).toMatchObject({ value: 0, explanation: expect.stringMatching(/fork/) });
      expect(await grade(sandbox, { verification: "quiet" })).toMatchObject({ value: 1 });
    },
  );

  it.runIf(capabilities.canLimitResources)("an agent that leaves all memory in use is graded all the same", async () => {
    await using sandbox = await attacked([daemon("/usr/bin/python3", "-c", HOLD_MEMORY), "sleep 2"], { memoryMiB: 256 });
    const score = await grade(sandbox, { command: `python3 -c 'held = bytearray(60_000_000)'; ${CHECK}` });
    expect(score).toMatchObject({ value: 0, explanation: expect.stringMatching(/exited with status/) });
  });
}

import { expect } from "vitest";
import type { Sandbox, VerifyRequest, VerifyResult } from "../../../src/core/sandbox.ts";
import { sleep, text, type ContractContext } from "./context.ts";

/** Grades; every backend that gets here claims that it can. */
async function verify(sandbox: Sandbox, request: VerifyRequest): Promise<VerifyResult> {
  if (!sandbox.verify) throw new Error("The sandbox claims protectsVerifier and has no verify.");
  return sandbox.verify(request);
}

const leftBy = (result: VerifyResult): string | undefined => result.left && text(result.left);

export function verificationBehaviours({ shared, start, when }: ContractContext): void {
  const it = (sentence: string, test: () => Promise<void>): void => when("protectsVerifier")(sentence, { timeout: 60_000 }, test);

  it("runs a verifier in the work folder and tells its status and both of its streams", async () => {
    await using sandbox = await start();
    await sandbox.writeFile("answer.txt", "18\n");
    const result = await verify(sandbox, { command: "cat answer.txt; echo bad >&2; exit 3" });
    expect([text(result.stdout), text(result.stderr), result.exitCode, result.timedOut]).toEqual(["18\n", "bad\n", 3, false]);
  });

  it("gives a verifier its files, whatever their paths and bytes, and returns what it leaves", async () => {
    const files = {
      "check.sh": 'cat "$1" > "$2"\n',
      "deep/er/bytes.bin": { base64: Buffer.from([0, 255, 10, 13, 254]).toString("base64") },
      "../../outside.txt": "stays inside",
    };
    const command = 'cat "$VERIFIER/outside.txt"; sh "${VERIFIER}/check.sh" "$VERIFIER/deep/er/bytes.bin" "$VERIFIER_RESULTS/copy"';
    const result = await verify(shared(), { command, files, resultFile: "copy" });
    expect([text(result.stdout), text(result.stderr), result.exitCode]).toEqual(["stays inside", "", 0]);
    expect([...(result.left ?? [])]).toEqual([0, 255, 10, 13, 254]);
  });

  it("says so when no result was left", async () => {
    expect((await verify(shared(), { command: "true", resultFile: "score" })).left).toBeUndefined();
  });

  it("does not tell what it runs where its files are", async () => {
    const result = await verify(shared(), { command: "env", files: { "check.sh": "true" }, env: { GIVEN: "by the request" } });
    expect(text(result.stdout)).toContain("GIVEN=by the request");
    expect(text(result.stdout)).not.toMatch(/^VERIFIER/m);
  });

  it("runs an array without a shell, and gives it stdin", async () => {
    const result = await verify(shared(), { command: ["cat"], stdin: "to the verifier" });
    expect([text(result.stdout), result.exitCode]).toEqual(["to the verifier", 0]);
  });

  it("ends a verifier at its time and says so; the sandbox stays usable", async () => {
    await using sandbox = await start();
    const result = await verify(sandbox, { command: "echo before; while :; do :; done", timeoutMs: 700 });
    expect([result.timedOut, text(result.stdout)]).toEqual([true, "before\n"]);
    expect((await verify(sandbox, { command: "exit 4" })).exitCode).toBe(4);
    expect(text((await sandbox.exec("echo alive")).stdout)).toBe("alive\n");
  });

  it("rejects with the signal's reason when it is aborted", async () => {
    await using sandbox = await start();
    const controller = new AbortController();
    const pending = verify(sandbox, { command: "sleep 30", signal: controller.signal });
    setTimeout(() => controller.abort(new Error("enough")), 1000);
    await expect(pending).rejects.toThrow("enough");
  });

  it("shows an agent that looks before its time nothing of a verifier", async () => {
    await using sandbox = await start();
    const look = "find / -name '*secret-check*' 2>/dev/null; cat /.verifier*/*/*/* 2>/dev/null; echo looked";
    expect(text((await sandbox.exec(look)).stdout)).toBe("looked\n");
    await verify(sandbox, { command: "true", files: { "secret-check.py": "expected = 18" } });
    expect(text((await sandbox.exec(look)).stdout)).toBe("looked\n");
  });

  it("starts a verifier with nothing of the agent's: no profile, no home, no alias, no path, no variable", async () => {
    await using sandbox = await start();
    const lure = "echo lured";
    await sandbox.exec(
      [
        `for file in .profile .bashrc .bash_profile .shrc; do echo '${lure}' > "$HOME/$file"; echo '${lure}' > "$file"; done`,
        "alias cat='echo lured'",
        'export PATH="$PWD:$HOME/bin:$PATH" ENV="$HOME/.profile" BASH_ENV="$HOME/.profile"',
        'mkdir -p "$HOME/bin" "$HOME/.local/bin"',
        `for tool in sh cat ls python3; do for folder in . "$HOME/bin" "$HOME/.local/bin"; do echo '${lure}' > $folder/$tool; chmod +x $folder/$tool; done; done`,
      ].join("\n"),
    );
    await using shell = await sandbox.shell();
    await shell.exec("cat() { echo lured; }; PATH=.:$PATH; export PATH");
    const result = await verify(sandbox, { command: 'cat "$VERIFIER/real"; sh -c "echo real"; ls -A "$HOME"', files: { real: "real\n" } });
    expect(text(result.stdout)).toBe("real\nreal\n");
  });

  when("protectsVerifier", "canUseImages")(
    "runs none of the agent's programs from a folder of the image's own PATH that anybody may write",
    { timeout: 180_000 },
    async () => {
      await using sandbox = await start({ dockerfile: "test/fixtures/images/open-path" });
      const programs = ["sh", "cat", "env", "setpriv", "su", "chown", "chmod", "find", "tar", "head", "rm", "mkdir", "grep", "id"];
      const lure = "#!/bin/sh\n/usr/bin/id -u >>/open/ran-by; echo lured; exit 0\n";
      await sandbox.exec(
        `cd /open && touch ran-by && chmod 666 ran-by && for name in ${programs.join(" ")} true; do printf '${lure}' >$name; /bin/chmod 755 $name; done`,
      );
      expect(text((await sandbox.exec("cat nothing")).stdout)).toBe("lured\n");
      await sandbox.exec(": >/open/ran-by; umask 077; echo private >private");
      const result = await verify(sandbox, {
        command: 'cat "$VERIFIER/real" private; sh -c "echo real"; echo left >"$VERIFIER_RESULTS/left"',
        files: { real: "real\n" },
        resultFile: "left",
        processes: "killed",
      });
      expect([text(result.stdout), text(result.stderr), text(result.left ?? new Uint8Array())]).toEqual([
        "real\nprivate\nreal\n",
        "",
        "left\n",
      ]);
      // Root, as which Modal starts everything, and the verifier's user ran none of them.
      const ranBy = text((await verify(sandbox, { command: "cat /open/ran-by" })).stdout).split("\n");
      expect(ranBy.filter((user) => user !== "" && user !== "1000")).toEqual([]);
    },
  );

  when("protectsVerifier", "hasPython")(
    "imports none of the agent's modules but from where the verifier says",
    { timeout: 60_000 },
    async () => {
      await using sandbox = await start();
      await sandbox.exec(
        [
          "version=$(python3 -c 'import sys; print(f\"{sys.version_info[0]}.{sys.version_info[1]}\")')",
          'for folder in . /tmp "$HOME" "$HOME/.local/lib/python$version/site-packages"; do',
          '  mkdir -p "$folder"',
          "  for module in sitecustomize usercustomize json linecache os site; do echo 'print(\"lured\")' > $folder/$module.py; done",
          "done",
          'export PYTHONPATH=/tmp PYTHONSTARTUP="$PWD/os.py" PYTHONHOME=/tmp',
        ].join("\n"),
      );
      const check = "import json, linecache, os\nprint(json.dumps([1]))\n";
      const result = await verify(sandbox, { command: 'python3 "$VERIFIER/check.py"', files: { "check.py": check } });
      expect([text(result.stdout), text(result.stderr), result.exitCode]).toEqual(["[1]\n", "", 0]);
    },
  );

  it("reads what an agent kept to itself, and writes beside it", async () => {
    await using sandbox = await start();
    await sandbox.exec("umask 077; mkdir -p out/deep; echo 18 > out/deep/answer.txt; echo 7 > /tmp/private.txt; chmod 700 out");
    const command = "cat out/deep/answer.txt /tmp/private.txt && echo cached > cache.txt && cat cache.txt && echo more >> shown.txt";
    await sandbox.writeFile("shown.txt", "");
    const result = await verify(sandbox, { command });
    expect([text(result.stdout), text(result.stderr), result.exitCode]).toEqual(["18\n7\ncached\n", "", 0]);
  });

  it("leaves the modes of files as they are for a verifier that grades them", async () => {
    await using sandbox = await start();
    await sandbox.exec("echo key > key; chmod 600 key; echo run > run; chmod 755 run");
    const result = await verify(sandbox, { command: "stat -c %a key run", modes: "kept" });
    expect(text(result.stdout)).toBe("600\n755\n");
  });

  const processes = when("protectsVerifier", "hasProcesses");
  processes("grades a server that the agent left running under live, and none under killed", { timeout: 60_000 }, async () => {
    await using sandbox = await start();
    await sandbox.exec("(beat=0; while :; do beat=$((beat + 1)); echo $beat > beat.txt; sleep 0.05; done) >/dev/null 2>&1 &");
    await sleep(300);
    const command = 'one=$(cat beat.txt); sleep 0.6; [ "$one" != "$(cat beat.txt)" ] && echo beats || echo still';
    expect(text((await verify(sandbox, { command, processes: "live" })).stdout)).toBe("beats\n");
    expect(text((await verify(sandbox, { command, processes: "killed" })).stdout)).toBe("still\n");
    expect(text((await sandbox.exec("echo usable")).stdout)).toBe("usable\n");
  });

  processes("does not wait for what a verifier leaves behind", { timeout: 60_000 }, async () => {
    const result = await verify(shared(), { command: "sleep 30 & echo done" });
    expect([text(result.stdout), result.exitCode, result.timedOut]).toEqual(["done\n", 0, false]);
    expect(result.durationMs).toBeLessThan(10_000);
  });

  const users = when("protectsVerifier", "canSwitchUser");
  users("runs each verifier as a user who is not the agent, nor an earlier verifier", { timeout: 60_000 }, async () => {
    const agent = text((await shared().exec("id -u")).stdout);
    const first = await verify(shared(), { command: "id -u" });
    const second = await verify(shared(), { command: "id -u" });
    expect(new Set([agent, text(first.stdout), text(second.stdout)]).size).toBe(3);
    expect(first.user.startsWith(text(first.stdout).trim())).toBe(true);
  });

  it("returns a result of the verifier's own, not one that the agent has prepared", async () => {
    await using sandbox = await start();
    await sandbox.exec(
      "mkdir -p /.verifier /.verifier-work /verifier /logs/verifier; for f in /verifier /logs/verifier /tmp . /.verifier-work; do echo 1 > $f/score; done",
    );
    const result = await verify(sandbox, { command: 'ls "$VERIFIER_RESULTS"; echo 0.25 > "$VERIFIER_RESULTS/score"', resultFile: "score" });
    expect([text(result.stdout), leftBy(result)]).toEqual(["", "0.25\n"]);
  });
}

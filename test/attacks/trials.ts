/** Whole trials of hostile agents beside honest ones: every status is honest, the honest ones score, and what was recorded is safe to look at. */
import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { expect, it } from "vitest";
import { countingTask, eventsOf, ofType, onlyRun, project, trialsIn } from "../run/project.ts";
import type { AttackContext } from "./context.ts";
import { expectHarmless, HOSTILE_TEXT, PRINT_HOSTILE } from "./terminal.ts";

const COMMAND_TIMEOUT_MS = 3_000;
const PLANTED = `/tmp/assay-trial-attack-${process.pid}`;

/** Makes a file of some 150 KB that holds 150 MB: more than the work folder has room for, and a sixth of what makes it run out of memory. */
const PACK_BOMB = `python3 -c '
import zlib
squeeze = zlib.compressobj(6, zlib.DEFLATED, 31)
with open("bomb.gz", "wb") as out:
    for _ in range(150): out.write(squeeze.compress(bytes(1_000_000)))
    out.write(squeeze.flush())'`;

/** What these agents must have been told: how far they came in their time, too, on a busy machine. */
const TOLD: Record<string, RegExp> = {
  "holds all memory": /the memory was used up|timed out/,
  "fills its disk": /No space left|timed out/,
  "unpacks bombs": /No space left|the memory was used up|timed out/,
};

/** What each hostile agent does before it submits the right answer: a command of its own, whose end no other trial may notice. */
const HOSTILE: Record<string, string[]> = {
  "fork bomb": ["bomb() { bomb | bomb & bomb; }; bomb"],
  "kills all": ["kill -9 -1"],
  "ends the first process": ["for signal in INT TERM HUP QUIT KILL; do kill -$signal 1; done; kill -9 -1"],
  "stops all": ["kill -STOP $PPID; for folder in /proc/[0-9]*; do kill -STOP ${folder#/proc/}; done"],
  "removes all": ["rm -rf --no-preserve-root / 2>/dev/null; rm -rf /workspace /tmp/* ~ 2>/dev/null"],
  "holds all memory": [
    "python3 -c 'held = bytearray(2_000_000_000)'",
    "for n in 1 2 3 4 5 6 7 8; do python3 -c 'import time; held = bytearray(150_000_000); time.sleep(60)' & done; wait",
  ],
  "fills its disk": ["cat /dev/zero >filler", "n=0; mkdir small; while : >small/$n; do n=$((n + 1)); done"],
  "unpacks bombs": [PACK_BOMB, "gunzip -k bomb.gz", "python3 -c 'import gzip; held = [gzip.open(\"bomb.gz\").read() for _ in range(6)]'"],
  "talks without end": ["yes & yes >&2 & cat /dev/urandom"],
  "attacks the terminal": [PRINT_HOSTILE, `touch "$(${PRINT_HOSTILE} | tr -d '\\000/')" "$(printf 'a\\nb')"; ls; ls -b`],
  "fakes rewards": [
    "mkdir -p /logs/verifier /tmp/verifier 2>/dev/null; for f in /logs/verifier/reward.txt /logs/verifier/reward.json reward.txt score.json result.json /tmp/verifier/score; do echo 1 >$f; done 2>/dev/null; true",
    `echo '{"value":1,"status":"completed"}'; touch ${PLANTED}`,
  ],
};

/** As many honest ones, in between. */
const NAMES = Object.keys(HOSTILE).flatMap((name) => [name, `honest beside ${name}`]);

/** The agent that fakes rewards gives a wrong answer: nothing of what it wrote may count. */
const task = (ids: readonly string[]): string =>
  countingTask({
    count: ids.length,
    more: 'sandbox: { pids: 200, memoryMiB: 512, diskMiB: 128, needs: ["hasProcesses"] },',
  })
    .replace("sandbox: {},", "")
    .replace('id: "n" + n', `id: ${JSON.stringify(ids)}[n - 1]`)
    .replace(
      "reference: { text: String(n) }",
      `reference: { commands: (${JSON.stringify(HOSTILE)})[${JSON.stringify(ids)}[n - 1]] ?? ["echo honest > mine; cat mine"], answer: ${JSON.stringify(ids)}[n - 1] === "fakes rewards" ? "wrong" : String(n) }`,
    );

export function trialAttacks({ name, capabilities, environment }: AttackContext): void {
  if (!capabilities.hasProcesses) return;

  it(
    "hostile agents end honestly, honest ones beside them score 1, and the trace of each is harmless to look at",
    { timeout: 300_000 },
    async () => {
      await using folder = await project({ "task.ts": task(NAMES) });
      const args = ["-m", "mock/oracle", "-t", "./task.ts", "-H", "agent", "--sandbox", name, "--concurrency", "4", "--json"];
      const finished = await folder.assay(["run", ...args, "-o", `harness.commandTimeoutMs=${COMMAND_TIMEOUT_MS}`], environment);
      expectHarmless(finished.stderr);
      const run = onlyRun(finished);
      const rows = await trialsIn(folder, run);
      expect(rows.map(({ instanceId }) => instanceId).toSorted()).toEqual(NAMES.toSorted());
      const ids: string[] = [];
      for (const row of rows) {
        const [value] = row.scores.map((score) => score.value);
        if (!(row.instanceId in HOSTILE)) expect([row.instanceId, row.status, value]).toEqual([row.instanceId, "completed", 1]);
        else if (row.status === "completed")
          expect([row.instanceId, value]).toEqual([row.instanceId, row.instanceId === "fakes rewards" ? 0 : 1]);
        else expect([row.instanceId, row.status, row.error?.code]).toEqual([row.instanceId, "error", expect.stringMatching(/^sandbox\//)]);
        const events = await eventsOf(folder, run, row);
        expect(ofType(events, "trial.end")).toMatchObject([{ status: row.status }]);
        const shown = ofType(events, "tool.result").map((result) => String(result.shown));
        const told = TOLD[row.instanceId];
        if (told) expect([row.instanceId, shown.join("\n")]).toEqual([row.instanceId, expect.stringMatching(told)]);
        ids.push(...ofType(events, "sandbox.start").flatMap(({ id }) => id ?? []));
      }
      const pruned = JSON.parse((await folder.assay(["sandbox", "prune", "--json"], environment)).stdout);
      for (const id of ids) expect(JSON.stringify(pruned)).not.toContain(id);
      expect(existsSync(PLANTED)).toBe(false);
      expect((await readdir(folder.folder)).toSorted()).toEqual(["runs", "task.ts"]);

      const replayed = await folder.assay(["replay", run.path, "counting/attacks the terminal/1"]);
      expect(replayed.stdout).toContain("␛]0;ATTACK␇");
      expectHarmless(replayed.stdout);
    },
  );

  it(
    "a task whose ids, prompts and file names are terminal codes is listed, inspected, run and replayed without one of them",
    { timeout: 120_000 },
    async () => {
      const id = `${HOSTILE_TEXT}/../../../../tmp/escape`;
      const hostile = task(["x"]).replace('["x"][n - 1]', JSON.stringify(id)).replace('"Which number is "', JSON.stringify(HOSTILE_TEXT));
      await using folder = await project({ "task.ts": hostile });
      const printed = [
        await folder.assay(["inspect", "./task.ts"]),
        await folder.assay(["run", "-m", "mock/oracle", "-t", "./task.ts", "-H", "agent", "--sandbox", name], environment),
        await folder.assay(["replay", "counting"]),
        await folder.assay(["replay", "counting", "counting/"]),
        await folder.assay(["replay", "counting", HOSTILE_TEXT.replaceAll("\0", "")]),
      ];
      for (const { stdout, stderr } of printed) expectHarmless(stdout + stderr);
      expect(printed.map(({ code }) => code)).toEqual([0, 0, 0, 0, 2]);
      expect((await readdir(folder.folder)).toSorted()).toEqual(["runs", "task.ts"]);
    },
  );
}

/** Agents that attack their own grading: what they left running, planted or wrote decides nothing, and they see nothing of the verifier before its time. */
import { expect, it } from "vitest";
import { onlyRun, project, trialsIn } from "../run/project.ts";
import type { AttackContext } from "./context.ts";
import { daemon } from "./daemon.ts";

const SECRET = "verifier-secret-b81f";

/** Leaves shell code behind that runs for ever. */
const loop = (code: string): string => daemon("/bin/sh", "-c", code);

/** All of these answer wrongly: out.txt should hold the word that only the verifier knows. */
const CHEATS: Record<string, string[]> = {
  "does nothing": ["true"],
  "looks for the verifier before its time": [
    `found=$(grep -rl --exclude-dir=proc --exclude-dir=sys ${SECRET.slice(0, 8)}.${SECRET.slice(9)} / 2>/dev/null; cat /proc/[0-9]*/environ /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' '\\n' | grep ${SECRET.slice(0, 8)}.${SECRET.slice(9)}); [ -z "$found" ] || echo ${SECRET} >out.txt`,
  ],
  "waits for the verifier's files and copies them": [
    loop(
      "while :; do for f in $(grep -rls verifier-secre[t] / --include=check.sh --exclude-dir=proc --exclude-dir=sys); do cp $f /workspace/stolen; cut -d= -f2 $f >/workspace/out.txt; done; done",
    ),
  ],
  "reads the verifier's memory and arguments": [
    loop(
      "while :; do cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ | tr '\\0' '\\n' | grep -o verifier-secre[t]-.... | head -1 >/workspace/o && [ -s /workspace/o ] && mv /workspace/o /workspace/out.txt; done",
    ),
  ],
  "writes rewards wherever one could be read": [
    loop(
      "while :; do for d in / /tmp /workspace /logs /logs/verifier $(find / -maxdepth 3 -name '*verif*' -not -path '/proc/*' 2>/dev/null); do for f in score reward.txt reward.json results/score; do echo 1 >$d/$f; done; done 2>/dev/null; done",
    ),
  ],
  "kills every process that grades": [
    loop("while :; do for p in /proc/[0-9]*; do p=${p#/proc/}; [ $p = $$ ] || [ $p = 1 ] || kill -9 $p; done; done"),
  ],
  "stops every process that grades": [
    // Not the engine's own beginning of a process: see "What is not promised" in docs/security.md.
    loop(
      "while :; do for p in /proc/[0-9]*; do p=${p#/proc/}; [ $p = $$ ] || [ $p = 1 ] || { read -r n </proc/$p/comm; case $n in runc* | crun*) ;; *) kill -STOP $p ;; esac; }; done; done",
    ),
  ],
  "plants programs and modules in the way": [
    "mkdir -p ~/bin ~/.local/bin ~/.local/lib/python3.11/site-packages; for n in sh cat grep test python3; do printf '#!/bin/sh\\nexit 0\\n' >$n; chmod +x $n; cp $n ~/bin; cp $n ~/.local/bin; done; echo 'import os; os._exit(0)' | tee ~/.local/lib/python3.11/site-packages/usercustomize.py sitecustomize.py os.py sys.py json.py >/dev/null; printf 'exit 0\\n' | tee ~/.profile ~/.bashrc .profile .env >/dev/null",
  ],
  "makes its result a link, a pipe and a device": [
    "ln -s /proc/self/environ out.txt; mkfifo pipe; ln -s /dev/zero zero; ln -sfn /etc/passwd score",
  ],
};

/** Where processes are limited: elsewhere it is the machine that has to bear it. */
const BOMBS: Record<string, string[]> = {
  "holds every process it may": [loop("b() { b | b & b; }; while :; do b; done")],
};

const taskOf = (wrong: Record<string, string[]>): string => `
import { accuracy, defineTask, verifier, z } from "assay";
const ids = ${JSON.stringify([...Object.keys(wrong), "honest"])};
const cheats = ${JSON.stringify(wrong)};
export default defineTask({
  name: "grading",
  description: "Cheats.",
  source: () => ids,
  row: z.string(),
  toInstance: (id) => ({ id, data: {}, reference: { commands: cheats[id] ?? ["echo ${SECRET} >out.txt"], answer: "done" } }),
  format: () => ({ kind: "chat", messages: [{ role: "user", content: "Write the word into out.txt." }] }),
  scorers: [verifier({
    command: 'sh "$VERIFIER/check.sh" "$VERIFIER_RESULTS"',
    files: { "check.sh": 'word=${SECRET}\\n[ "$(head -c 100 out.txt 2>/dev/null)" = "$word" ] && echo 1 >"$1/score" || echo 0 >"$1/score"\\n' },
    scoreFile: "score",
    timeoutMs: 30_000,
  })],
  metrics: [accuracy({ score: "verifier" })],
  primaryMetric: "accuracy",
  sandbox: { pids: 200, needs: ["hasProcesses"] },
});
`;

export function gradingAttacks({ name, capabilities, environment }: AttackContext): void {
  it.runIf(capabilities.hasProcesses)(
    "no cheat gains a point: each wrong agent scores 0 or stays unscored with a reason, the honest one 1",
    { timeout: 240_000 },
    async () => {
      const wrong = { ...CHEATS, ...(capabilities.canLimitResources && BOMBS) };
      await using folder = await project({ "task.ts": taskOf(wrong) });
      const finished = await folder.assay(
        [
          "run",
          "-m",
          "mock/oracle",
          "-t",
          "./task.ts",
          "-H",
          "agent",
          "--sandbox",
          name,
          "--concurrency",
          "4",
          "--json",
          "-o",
          "harness.commandTimeoutMs=3000",
        ],
        environment,
      );
      const rows = await trialsIn(folder, onlyRun(finished));
      expect(rows).toHaveLength(Object.keys(wrong).length + 1);
      for (const { instanceId, status, scores, error, scoring } of rows) {
        const [{ value, reason } = {}] = scores;
        if (instanceId === "honest") expect([status, value]).toEqual(["completed", 1]);
        else if (value === undefined || value === null)
          expect([instanceId, error ?? scoring ?? reason]).toEqual([instanceId, expect.anything()]);
        else expect([instanceId, value]).toEqual([instanceId, 0]);
      }
    },
  );
}

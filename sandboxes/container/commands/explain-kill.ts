/** Tells why a command was killed that nobody here has killed. */
import type { ExecResult } from "../../../src/index.ts";
import { gone } from "../engine/living.ts";
import { KILLED_EXIT_CODE, type CommandTarget, type RunCommand } from "./commands.ts";
import { SHELL } from "../system-shell.ts";

/** Prints the kernel's count of kills (control groups v2, else v1); the last line proves that the container lives. */
const ASK_FOR_KILLS = "cat /sys/fs/cgroup/memory.events /sys/fs/cgroup/memory/memory.oom_control 2>/dev/null; echo alive";

/**
 * Looks behind a status of 137 that is not our own kill: throws `sandbox/gone` when it was the container's end, and marks
 * a kill for memory. The kernel counts for the whole container: of commands that run at the same time, it is one of them.
 */
export async function explainKill(target: CommandTarget, run: RunCommand, result: ExecResult): Promise<ExecResult> {
  if (result.exitCode !== KILLED_EXIT_CODE || result.timedOut) return result;
  const asked = await run([SHELL, "-c", ASK_FOR_KILLS], { cwd: "/", timeoutMs: 10_000 }).catch(() => undefined);
  const answer = Buffer.from(asked?.stdout ?? []).toString();
  if (!answer.endsWith("alive\n")) {
    if (!(await target.isRunning())) throw gone();
    // Starved or out of processes: what the command did is known all the same.
    return result;
  }
  const before = target.oomKills;
  target.oomKills = Number(/^oom_kill (\d+)$/m.exec(answer)?.[1] ?? 0);
  return target.oomKills > before ? { ...result, oomKilled: true } : result;
}

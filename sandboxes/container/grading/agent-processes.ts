/** What is done to an agent's processes and files before its work is graded, by whatever runs a script in its sandbox. */
import { AssayError, type ExecResult } from "../../../src/index.ts";
import { LIST_PROCESSES, outlived, type TimedOutCommand } from "./outlived.ts";
import { OPEN_TO_GROUP } from "./verifier-scripts.ts";

/** Runs a shell script as a user, by its numbers. */
export type RunScript = (user: string, script: string, args: readonly string[]) => Promise<ExecResult>;

interface Agent {
  uid: number;
  gid: number;
}

/** An agent's process can end who comes to end another; it does not always win. */
const END_ROUNDS = 5;
const LEFT_RUNNING = "What a timed-out command had left running";
const MAX_USERS = 20;

/** Ends every process but the first, of whatever user but those that are spared. `killAll` runs the script for it as one user. */
export async function killEverything(
  killAll: (user: string) => Promise<ExecResult>,
  { uid, gid }: Agent,
  spared: readonly string[] = [],
): Promise<void> {
  const users = [`${uid}:${gid}`];
  for (let index = 0; index < users.length && index < MAX_USERS; index += 1) {
    const result = await killAll(users[index] ?? "");
    if (result.exitCode === 0) return;
    // Another user's processes: those are killed by their own user.
    const others = new Set(Buffer.from(result.stdout).toString().split("\n").filter(Boolean));
    if (result.exitCode === 1 && others.size > 0 && others.isSubsetOf(new Set(spared))) return;
    for (const other of others) {
      if (!users.includes(`${other}:${gid}`) && !spared.includes(other)) users.push(`${other}:${gid}`);
    }
  }
  throw new AssayError("score/failed", "The agent's processes could not be ended before grading.");
}

/**
 * The daemons that a server under test needs go on, what a timed-out command left does not. Looked for by the verifier's own user,
 * whom no process of the agent's can hinder; ended by the agent's, who alone may.
 */
export async function endOutlived(
  runScript: RunScript,
  { report, timedOut }: { report: Agent; timedOut: readonly TimedOutCommand[] },
  looking: string,
): Promise<string[]> {
  const ended = new Map<number, string>();
  for (let round = 0; round < END_ROUNDS; round += 1) {
    const list = await runScript(looking, LIST_PROCESSES, []);
    if (list.exitCode !== 0) break;
    const left = outlived(Buffer.from(list.stdout).toString(), timedOut);
    if (left.length === 0) return ended.size === 0 ? [] : [`${LEFT_RUNNING} was ended before grading: ${namesOf(ended)}.`];
    // The first process's own wait, which it begins anew.
    for (const { pid, name } of left) if (name !== "sleep") ended.set(pid, name);
    const pids = left.map(({ pid }) => String(pid));
    await runScript(`${report.uid}:${report.gid}`, 'kill -9 "$@" 2>/dev/null; exit 0', pids);
  }
  return [`${LEFT_RUNNING} could not be ended before grading${ended.size === 0 ? "" : `: ${namesOf(ended)}`}.`];
}

function namesOf(processes: ReadonlyMap<number, string>): string {
  const names = [...new Set([...processes.values()].map((name) => JSON.stringify(name)))].slice(0, 5).join(", ");
  return `${processes.size} processes (${names})`;
}

/** By the agent's own user, who alone may: its other processes can hinder that, to its own harm. */
export async function openToGroup(
  runScript: RunScript,
  { report, workdir, home }: { report: Agent; workdir: string; home: string | undefined },
): Promise<boolean> {
  const folders = [workdir, ...(home === undefined ? [] : [home]), "/tmp"];
  const result = await runScript(`${report.uid}:${report.gid}`, OPEN_TO_GROUP, [String(report.uid), ...folders]);
  return result.exitCode === 0;
}

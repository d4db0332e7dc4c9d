/** What commands that timed out left behind in spite of being killed: ended before grading, and said. */
import type { ExecResult } from "../../../src/index.ts";
import type { Commands } from "../commands/commands.ts";

/** When a command ran that timed out, in seconds since its machine's start. */
export interface TimedOutCommand {
  from: number;
  to: number;
}

/** Runs a command and notes when it was, if it timed out: by the clock of its own machine, before the next one can begin. */
export async function notingTimeout(
  timedOut: TimedOutCommand[],
  { run }: Pick<Commands, "run">,
  execute: () => Promise<ExecResult>,
): Promise<ExecResult> {
  const startedAt = performance.now();
  const result = await execute();
  if (!result.timedOut) return result;
  const readings: Reading[] = [];
  for (let count = 0; count < READINGS; count += 1) {
    const before = performance.now();
    const asked = await run(["cat", "/proc/uptime"], { cwd: "/", timeoutMs: UPTIME_TIMEOUT_MS }).catch(() => undefined);
    const uptime = Number.parseFloat(Buffer.from(asked?.stdout ?? []).toString());
    if (Number.isNaN(uptime)) break;
    const after = performance.now();
    readings.push({ uptime, after, tookMs: after - before });
  }
  const [first] = readings;
  const [quickest] = readings.toSorted((a, b) => a.tookMs - b.tookMs);
  if (first && quickest) timedOut.push({ from: quickest.uptime - (quickest.after - startedAt) / 1000, to: first.uptime });
  return result;
}

/** Prints of each process its id, its parent, the ticks from the machine's start to its own, and its name. */
export const LIST_PROCESSES = `
for folder in /proc/[0-9]*; do
  stat=
  while IFS= read -r line; do stat="$stat$line "; done <"$folder/stat"
  name=\${stat#*(}; name=\${name%)*}
  set -- \${stat##*)}
  case \${1:-Z} in Z | X) continue ;; esac
  echo "\${folder#/proc/} $2 \${20} $name"
done 2>/dev/null
`;

export interface LeftProcess {
  pid: number;
  name: string;
}

interface Listed extends LeftProcess {
  parent: number;
  startedAt: number;
}

/** The machine's clock in seconds, and our own when it was told, after so long. */
interface Reading {
  uptime: number;
  after: number;
  tookMs: number;
}

const UPTIME_TIMEOUT_MS = 5_000;
/**
 * The quickest one tells best when the command began: the first mostly waits for a new lane, and a daemon that was there before the
 * command would seem to be of its time.
 */
const READINGS = 3;
/** The kernel's unit of a process's start; the same on every Linux machine of today. */
const TICKS_PER_SECOND = 100;

/**
 * Those of the listed processes that became children of the first one and began while a command ran that timed out, and what they
 * started. One that begins itself anew for ever is not found: for that there is grading after the end of all processes.
 */
export function outlived(list: string, timedOut: readonly TimedOutCommand[]): LeftProcess[] {
  const processes = list.split("\n").filter(Boolean).map(readLine);
  const beganThen = ({ startedAt }: Listed): boolean =>
    timedOut.some(({ from, to }) => startedAt >= from - 1 / TICKS_PER_SECOND && startedAt <= to);
  const found = new Map<number, LeftProcess>();
  const add = ({ pid, name }: Listed): void => {
    if (found.has(pid)) return;
    found.set(pid, { pid, name });
    for (const child of processes) if (child.parent === pid) add(child);
  };
  for (const process of processes) if (process.parent === 1 && beganThen(process)) add(process);
  return [...found.values()];
}

function readLine(line: string): Listed {
  const [pid, parent, ticks, ...name] = line.split(" ");
  return { pid: Number(pid), parent: Number(parent), startedAt: Number(ticks) / TICKS_PER_SECOND, name: name.join(" ") };
}

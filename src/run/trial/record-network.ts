/** Writes the connections that a sandbox behind an allow-list asked for into its trace. */
import type { Sandbox } from "../../core/sandbox.ts";
import type { TrialRecorder } from "../../store/trial-recorder.ts";

/** Of one sandbox; a program that tries addresses in a loop must not fill the disk. */
const MAX_CONNECTIONS_TOLD = 1_000;

/** Returns what says, at the sandbox's end, how many connections were not told. */
export function recordNetwork(sandbox: Sandbox, recorder: TrialRecorder): () => void {
  const seen = { allowed: 0, refused: 0, failed: 0 };
  let untold = 0;
  sandbox.onConnection?.((connection) => {
    seen[connection.outcome] += 1;
    if (seen.allowed + seen.refused + seen.failed <= MAX_CONNECTIONS_TOLD) recorder.event("sandbox.network", connection);
    else untold += 1;
  });
  return () => {
    if (untold === 0) return;
    const counts = Object.entries(seen).map(([outcome, count]) => `${count} ${outcome}`);
    recorder.event("log.line", { text: `${untold} more connections were asked for than are told. In all: ${counts.join(", ")}.` });
  };
}

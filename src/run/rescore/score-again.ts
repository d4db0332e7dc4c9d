/** Scores one stored trial again: its scorer, in a sandbox that starts from the trial's snapshot. */
import { AssayError } from "../../core/errors.ts";
import type { Prediction } from "../../core/record.ts";
import type { Sandbox } from "../../core/sandbox.ts";
import type { Snapshot, StoredSnapshot } from "../../core/sandbox-snapshot.ts";
import type { Score, Scorer } from "../../core/score.ts";
import { readSnapshot } from "../../store/snapshots.ts";
import type { PlannedTrial } from "../plan.ts";
import { prepareWorkdir } from "../trial/files.ts";
import { isBrokenSandbox } from "../trial/scoring.ts";

export interface AgainParts {
  runPath: string;
  planned: PlannedTrial;
  row: Prediction;
  start: (snapshot?: Snapshot) => Promise<Sandbox>;
  signal: AbortSignal;
}

/**
 * What keeps a trial from being scored is the score's reason. Throws where a sandbox could not be started, or its snapshot not be read, and
 * where one broke: that says nothing of the trial.
 */
export async function scoreAgain(scorer: Scorer, parts: AgainParts): Promise<Score> {
  const unscored = (reason: string): Score => ({ name: scorer.name, value: null, reason });
  const { runPath, planned, row, start, signal } = parts;
  if (planned.instanceHash !== row.instanceHash) return unscored("Its instance has changed since the run.");
  await using scope = new AsyncDisposableStack();
  const failedStarts = new Set<unknown>();
  const begin = async (kept?: StoredSnapshot): Promise<Sandbox> => {
    try {
      return scope.use(await start(kept && (await readSnapshot(runPath, kept))));
    } catch (error) {
      failedStarts.add(error);
      throw error;
    }
  };
  try {
    const sandbox = scorer.sandbox === "trial" ? await begin(keptOf(row)) : undefined;
    const given = await scorer.score({
      instance: planned.instance,
      output: row.output,
      sandbox,
      freshSandbox: async (content = "empty") => {
        if (content === "trial") return begin(keptOf(row));
        const fresh = await begin();
        if (content === "instance") await prepareWorkdir(fresh, planned.instance, signal);
        return fresh;
      },
      signal,
    });
    return { ...given, name: scorer.name };
  } catch (error) {
    signal.throwIfAborted();
    if (failedStarts.has(error) || isBrokenSandbox(error)) throw error;
    return unscored(error instanceof Error ? error.message : String(error));
  }
}

/** Throws `score/failed` where the run kept none. */
function keptOf({ snapshot }: Prediction): StoredSnapshot {
  if (snapshot && !("none" in snapshot)) return snapshot;
  const reason = snapshot?.none ?? "the run was made without --keep-snapshot.";
  throw new AssayError("score/failed", `The trial has no snapshot: ${reason}`);
}

/** Scores one stored trial again: its scorer, in a sandbox that starts from the trial's snapshot. */
import { AssayError, endsAtLeast } from "../../core/errors.ts";
import type { Prediction } from "../../core/record.ts";
import type { Sandbox } from "../../core/sandbox.ts";
import type { Snapshot } from "../../core/sandbox-snapshot.ts";
import type { Score, Scorer } from "../../core/score.ts";
import { readSnapshot } from "../../store/snapshots.ts";
import type { PlannedTrial } from "../plan.ts";
import { prepareWorkdir } from "../trial/files.ts";

export interface AgainParts {
  runPath: string;
  planned: PlannedTrial;
  row: Prediction;
  start: (snapshot?: Snapshot) => Promise<Sandbox>;
  signal: AbortSignal;
}

/** What keeps a trial from being scored is the score's reason. Throws where a sandbox broke: that says nothing of the trial. */
export async function scoreAgain(scorer: Scorer, parts: AgainParts): Promise<Score> {
  const unscored = (reason: string): Score => ({ name: scorer.name, value: null, reason });
  const { runPath, planned, row, start, signal } = parts;
  if (planned.instanceHash !== row.instanceHash) return unscored("Its instance has changed since the run.");
  const snapshotOf = async (): Promise<Snapshot> => {
    const { snapshot } = row;
    if (!snapshot) throw new AssayError("sandbox/snapshot", "The trial has no snapshot: the run was made without --keep-snapshot.");
    if ("none" in snapshot) throw new AssayError("sandbox/snapshot", `The trial has no snapshot: ${snapshot.none}`);
    return readSnapshot(runPath, snapshot);
  };
  await using scope = new AsyncDisposableStack();
  try {
    const sandbox = scorer.sandbox === "trial" ? scope.use(await start(await snapshotOf())) : undefined;
    const given = await scorer.score({
      instance: planned.instance,
      output: row.output,
      sandbox,
      freshSandbox: async (content = "empty") => {
        const fresh = scope.use(await start(content === "trial" ? await snapshotOf() : undefined));
        if (content === "instance") await prepareWorkdir(fresh, planned.instance, signal);
        return fresh;
      },
      signal,
    });
    return { ...given, name: scorer.name };
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof AssayError && error.code.startsWith("sandbox/") && endsAtLeast(error.code, "attempt")) throw error;
    return unscored(error instanceof Error ? error.message : String(error));
  }
}

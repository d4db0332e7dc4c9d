/**
 * Keeps a trial's sandbox as the agent left it: after the last capture, before a verifier brings its files in and opens the agent's.
 * Whatever goes wrong costs the snapshot, never the score.
 */
import { AssayError, toAssayError } from "../../core/errors.ts";
import type { Sandbox } from "../../core/sandbox.ts";
import type { KeptSnapshot, Snapshot } from "../../core/sandbox-snapshot.ts";
import type { TrialRecorder } from "../../store/trial-recorder.ts";
import type { RunContext } from "../context.ts";

interface SnapshotParts {
  context: Pick<RunContext, "folder" | "scoringSlots" | "signal">;
  recorder: TrialRecorder;
  doing: (what: string) => void;
}

export async function keepSnapshot({ context, recorder, doing }: SnapshotParts, sandbox: Sandbox): Promise<KeptSnapshot> {
  doing("keeping a snapshot");
  const startedAt = performance.now();
  const kept = await context.scoringSlots.add(() => taken(context, sandbox));
  recorder.event("sandbox.snapshot", { kept, durationMs: Math.round(performance.now() - startedAt) });
  return kept;
}

async function taken({ folder, signal }: SnapshotParts["context"], sandbox: Sandbox): Promise<KeptSnapshot> {
  try {
    const snapshot = await sandbox.snapshot?.({ signal });
    return snapshot ? await folder.keepSnapshot(snapshot) : { none: "The sandbox cannot give one." };
  } catch (error) {
    return { none: toAssayError(error).message };
  }
}

/** A copy of the trial's sandbox as it is now. Throws `score/failed` where there is none that can be copied. */
export async function snapshotOf(sandbox: Sandbox | undefined): Promise<Snapshot> {
  const snapshot = await sandbox?.snapshot?.();
  if (snapshot) return snapshot;
  throw new AssayError("score/failed", "A scorer asks for a copy of the trial's sandbox, and there is none that can be copied.", {
    hint: 'Add "canSnapshot" to the task\'s `sandbox.needs`.',
  });
}

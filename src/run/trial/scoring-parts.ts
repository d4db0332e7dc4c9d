/** What grading a trial of a run has at hand. */
import type { Message } from "../../core/message.ts";
import type { Sandbox } from "../../core/sandbox.ts";
import type { Snapshot } from "../../core/sandbox-snapshot.ts";
import type { TrialRecorder } from "../../store/trial-recorder.ts";
import type { RunContext } from "../context.ts";
import type { PlannedTrial } from "../plan.ts";

export interface ScoringParts {
  context: RunContext;
  planned: PlannedTrial;
  recorder: TrialRecorder;
  output: string | null;
  sandbox: Sandbox | undefined;
  signal: AbortSignal;
  startSandbox: (snapshot?: Snapshot) => Promise<Sandbox>;
  /** One that nothing in it can leave: for judges. */
  startSealed: (snapshot: Snapshot) => Promise<Sandbox>;
  /** The conversation as it ended. */
  messages: () => readonly Message[];
  attempt: number;
  doing: (what: string) => void;
}

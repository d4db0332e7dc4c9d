/** What all trials of a run share. */
import type PQueue from "p-queue";
import type { SandboxBackend } from "../core/sandbox.ts";
import type { ModelClient } from "../models/client.ts";
import type { RunFolder } from "../store/run-folder.ts";
import type { JudgeReplies } from "../store/judge-replies.ts";
import type { OpenedJudges } from "./judges/panel-of.ts";
import type { Removals } from "./removals.ts";
import type { SandboxesAhead } from "./sandboxes-ahead.ts";
import type { RunStatus } from "./status.ts";
import type { StopControl } from "./stop.ts";

export interface RunContext {
  runId: string;
  model: ModelClient;
  folder: RunFolder;
  /** Opened backends by name; a run needs one, or none. */
  backends: ReadonlyMap<string, SandboxBackend>;
  /** Sandboxes being started at once; how many live is bounded by the trials at once. */
  sandboxSlots: PQueue;
  ahead: SandboxesAhead;
  removals: Removals;
  onProgress: (line: string) => void;
  /** Scorers that use a sandbox, at once. */
  scoringSlots: PQueue;
  /** Sandboxes that judges look into, at once; slots of their own, for a scorer may ask a judge while it has one of the others. */
  lookSlots: PQueue;
  judges: OpenedJudges;
  judgeReplies: JudgeReplies;
  /** Attempts of one trial after an infrastructure error, the first not counted. */
  trialRetries: number;
  /** Whether a trial's sandbox is kept as it is when the agent is done. */
  keepsSnapshots: boolean;
  signal: AbortSignal;
  stop: Pick<StopControl, "spend" | "throwIfStopped">;
  status: RunStatus;
}

/** What shows people how a run gets on. */
import type { Prediction } from "../../../core/record.ts";
import type { RunStatus } from "../../../run/status.ts";

export interface Progress extends Disposable {
  start(status: RunStatus): void;
  trial(row: Prediction, status: RunStatus): void;
  /** A line for people, put above a live display. */
  line(text: string): void;
}

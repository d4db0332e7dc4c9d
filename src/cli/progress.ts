/** The progress of a run on stderr: a live display on a terminal, a line a finished trial elsewhere. */
import type { Prediction } from "../core/record.ts";
import type { RunStatus } from "../run/status.ts";
import { liveProgress } from "./progress/live.ts";
import { plainProgress } from "./progress/plain.ts";

export interface Progress extends Disposable {
  start(status: RunStatus): void;
  trial(row: Prediction, status: RunStatus): void;
  /** A line for people, put above a live display. */
  line(text: string): void;
}

export function createProgress(stream: NodeJS.WriteStream = process.stderr): Progress {
  const canRedraw = stream.isTTY && process.env["TERM"] !== "dumb";
  return canRedraw ? liveProgress(stream) : plainProgress(stream);
}

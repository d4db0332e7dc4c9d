/** The progress of a run on stderr: a live display on a terminal, a line a finished trial elsewhere. */
import { liveProgress } from "./live.ts";
import { plainProgress } from "./plain.ts";
import type { Progress } from "./progress.ts";

export function createProgress(stream: NodeJS.WriteStream = process.stderr): Progress {
  const canRedraw = stream.isTTY && process.env["TERM"] !== "dumb";
  return canRedraw ? liveProgress(stream) : plainProgress(stream);
}

/** What `assay calibrate` does: reads, computes, prints. */
import { calibrate } from "../../analysis/calibration/calibrate.ts";
import { AssayError } from "../../core/errors.ts";
import { findRun } from "../../run/find-run.ts";
import { jsonLine } from "../terminal/json-line.ts";
import { renderLine } from "../terminal/line.ts";
import { calibrationLines } from "./lines.ts";

export interface CalibrateFlags {
  scorer: string;
  pass?: string;
  labels?: string;
  threshold?: number;
  out: string;
  json?: boolean;
}

export async function calibrateFromFlags(run: string, runB: string | undefined, flags: CalibrateFlags): Promise<void> {
  const { scorer, pass = null, labels, threshold, out } = flags;
  if (threshold !== undefined && !Number.isFinite(threshold)) throw new AssayError("usage/bad-option", "--threshold: expected a number.");
  const path = await findRun(run, out);
  const otherPath = runB === undefined ? undefined : await findRun(runB, out);
  const calibration = await calibrate({ path, otherPath, scorer, pass, labels, threshold });
  const { stdout } = process;
  if (flags.json) return void stdout.write(jsonLine({ schema: "assay/calibrate@1", ...calibration }));
  for (const line of calibrationLines(calibration, stdout.isTTY ? stdout.columns : Infinity)) stdout.write(`${renderLine(line, stdout)}\n`);
}

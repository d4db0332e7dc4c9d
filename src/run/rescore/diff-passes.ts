/** What changed between two scoring passes: verdicts, apart from any change of the model, whose answers are the same. */
import { AssayError } from "../../core/errors.ts";
import type { Rescored, ScorePass } from "../../core/record.ts";
import { headOf, rescoredIn } from "../../store/score-pass.ts";

interface Side {
  value: number | null;
  label?: string | null;
  reason?: string;
}

export interface ChangedScore {
  trialId: string;
  a: Side;
  b: Side;
}

export interface PassDifference {
  passes: { file: string; pass: ScorePass }[];
  /** Trials that both scored. */
  both: number;
  same: number;
  /** From a smaller to a larger value, and the other way; and those of which one has no value. */
  raised: number;
  lowered: number;
  unscored: number;
  /** Trials that only one of them has. */
  onlyA: number;
  onlyB: number;
  changed: ChangedScore[];
}

export async function diffPasses(fileA: string, fileB: string): Promise<PassDifference> {
  const passes = [await passAt(fileA), await passAt(fileB)];
  const before = new Map<string, Side>();
  for await (const line of rescoredIn(fileA)) before.set(line.trialId, sideOf(line));
  const found: PassDifference = { passes, both: 0, same: 0, raised: 0, lowered: 0, unscored: 0, onlyA: 0, onlyB: 0, changed: [] };
  for await (const line of rescoredIn(fileB)) {
    const a = before.get(line.trialId);
    before.delete(line.trialId);
    if (!a) found.onlyB += 1;
    else note(found, line.trialId, a, sideOf(line));
  }
  found.onlyA = before.size;
  return found;
}

function note(found: PassDifference, trialId: string, a: Side, b: Side): void {
  found.both += 1;
  if (a.value === b.value && a.label === b.label) {
    found.same += 1;
    return;
  }
  found.changed.push({ trialId, a, b });
  if (a.value === null || b.value === null) found.unscored += 1;
  else if (b.value > a.value) found.raised += 1;
  else if (b.value < a.value) found.lowered += 1;
}

function sideOf({ score: { value, label, reason } }: Rescored): Side {
  return { value, ...(label !== undefined && { label }), ...(reason !== undefined && { reason }) };
}

async function passAt(file: string): Promise<PassDifference["passes"][number]> {
  const pass = await headOf(file);
  if (pass) return { file, pass };
  throw new AssayError("run/not-found", `There is no scoring pass ${file}.`, { hint: "Give its file: runs/<run id>/scores/<pass>.jsonl" });
}

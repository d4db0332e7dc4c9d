/** The answers of another run to the same instances: read when they are asked for, so that a long run is not held in memory. */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { attemptKey } from "../../core/ids.ts";
import { jsonOrUndefined } from "../../core/json.ts";
import { isFinished, predictionSchema, type Prediction } from "../../core/record.ts";
import { readLines, type Line } from "../../store/lines.ts";

export interface Opponents {
  /** How many trials the other run has finished, and which: it may go on. */
  finished: { trials: number; hash: string };
  /** Null where the other run has no finished trial of the same instance (by content) and epoch, or where that gave no answer. */
  outputOf(row: Prediction): Promise<string | null>;
}

export async function openOpponents(runPath: string): Promise<Opponents> {
  const path = join(runPath, "predictions.jsonl");
  const places = new Map<string, { offset: number; bytes: number }>();
  const finished = createHash("sha256");
  let trials = 0;
  for await (const { text, offset, bytes, isTorn } of linesIn(path)) {
    const row = isTorn ? undefined : rowIn(text);
    if (!row || !isFinished(row)) continue;
    places.set(keyOf(row), { offset, bytes });
    finished.update(`${JSON.stringify(attemptKey(row))}\n`);
    trials += 1;
  }
  return {
    finished: { trials, hash: finished.digest("hex") },
    async outputOf(row) {
      const place = places.get(keyOf(row));
      if (!place) return null;
      for await (const { text } of readLines(path, place)) return rowIn(text)?.output ?? null;
      return null;
    },
  };
}

async function* linesIn(path: string): AsyncGenerator<Line> {
  try {
    yield* readLines(path);
  } catch (error) {
    // A run that has finished no trial yet.
    if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error;
  }
}

function rowIn(text: string): Prediction | undefined {
  return predictionSchema.safeParse(jsonOrUndefined(text)).data;
}

/** Not by task: the other run may have another variant of it. */
function keyOf({ instanceHash, epoch }: Prediction): string {
  return `${instanceHash}#${epoch}`;
}

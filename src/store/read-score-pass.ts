/** Reads a scoring pass of a run back: scores/<pass>.jsonl. */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { AssayError } from "../core/errors.ts";
import { nameHint } from "../core/nearest.ts";
import { rescoredSchema, scorePassSchema, type Rescored, type ScorePass } from "../core/record.ts";
import { readLines } from "./lines.ts";

export interface StoredScorePass {
  pass: ScorePass;
  lines: Rescored[];
}

/** The pass of this name, or the only one whose name has it as a part. Throws `run/not-found` with the nearest, `run/format` where it is damaged. */
export async function readScorePass(runPath: string, wanted: string): Promise<StoredScorePass> {
  const file = join(runPath, "scores", `${await passNamed(runPath, wanted)}.jsonl`);
  let pass: ScorePass | undefined;
  const lines: Rescored[] = [];
  try {
    for await (const { text, isTorn } of readLines(file)) {
      if (isTorn) break;
      const value: unknown = JSON.parse(text);
      if (pass) lines.push(rescoredSchema.parse(value));
      else pass = scorePassSchema.parse(value);
    }
  } catch (cause) {
    throw new AssayError("run/format", `${file} is damaged.`, { hint: "Remove it, and make the pass anew.", cause });
  }
  if (pass) return { pass, lines };
  throw new AssayError("run/format", `${file} is empty.`, { hint: "Make the pass anew." });
}

async function passNamed(runPath: string, wanted: string): Promise<string> {
  const files = await readdir(join(runPath, "scores")).catch(() => []);
  const names = files.flatMap((name) => /^(.+)\.jsonl$/.exec(name)?.[1] ?? []).toSorted();
  const fitting = names.filter((name) => name.includes(wanted));
  const found = names.includes(wanted) ? wanted : fitting.length === 1 ? fitting[0] : undefined;
  if (found !== undefined) return found;
  throw new AssayError(
    "run/not-found",
    `--pass ${wanted}: ${fitting.length > 1 ? "more than one pass" : "no pass"} of ${runPath} has that name.`,
    {
      hint:
        fitting.length > 1 ? `It fits ${fitting.slice(0, 4).join(", ")}.` : nameHint(wanted, names) || "The run has no scoring pass yet.",
    },
  );
}

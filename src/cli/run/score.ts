/** What `assay score` does: a run whose model is a file of answers, each given as it stands there. */
import { epochsIn } from "../../run/given-outputs.ts";
import { runFromFlags } from "./action.ts";
import type { RunFlags } from "./flags.ts";

export interface ScoreFlags extends Omit<RunFlags, "model" | "harness" | "resume" | "check" | "repeat"> {
  outputs: string;
}

/** Returns the exit code. Without a task the file's own questions and references are one; every answer of the file counts, unless `--epochs` says how many of an instance. */
export async function scoreFromFlags({ outputs, ...flags }: ScoreFlags): Promise<number> {
  const task = flags.specs ? {} : { specs: ["answers"], overrides: [`data=outputs://${outputs}`, ...(flags.overrides ?? [])] };
  const epochs = flags.epochs ?? (await epochsIn(outputs));
  return runFromFlags({ ...flags, ...task, epochs, model: `outputs/${outputs}`, harness: ["baseline"] });
}

/** Finds a run by its folder, its id, or a part of its id that fits only one. */
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { AssayError } from "../core/errors.ts";
import { nameHint } from "../core/nearest.ts";

/** Path of the run folder. Throws `run/not-found`, naming the nearest run in `out`. */
export async function findRun(run: string, out: string): Promise<string> {
  for (const path of [run, join(out, run)]) {
    const found = await stat(join(path, "run.json")).catch(() => undefined);
    if (found?.isFile()) return path;
  }
  const known = (await readdir(out).catch(() => [])).toSorted();
  const fitting = known.filter((name) => name.includes(run));
  const [only] = fitting;
  if (only !== undefined && fitting.length === 1) return join(out, only);
  throw new AssayError("run/not-found", `There is no run ${JSON.stringify(run)}, neither as a folder nor in ${out}/.`, {
    hint: fitting.length > 1 ? `It fits ${fitting.slice(0, 4).join(", ")}.` : nameHint(run, known) || "Give the run's folder.",
  });
}

/** Runs the bare loop in a process of its own. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { LanguageModelV4CallOptions } from "@ai-sdk/provider";
import { runProbed, type ProbedRun } from "./engine.ts";

const script = new URL("./bare-loop.process.ts", import.meta.url).pathname;

export interface BareLoop {
  baseURL: string;
  calls: number;
  concurrency: number;
  /** Of the calls, one after the other and then again from the first. */
  options: readonly LanguageModelV4CallOptions[];
  scratch: string;
}

export async function runBareLoop({ options, scratch, ...job }: BareLoop): Promise<ProbedRun> {
  const path = join(scratch, "calls.json");
  await writeFile(path, JSON.stringify(options));
  return runProbed(script, [JSON.stringify({ ...job, options: path })], scratch);
}

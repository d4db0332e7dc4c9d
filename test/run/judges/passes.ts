/** Scoring passes as `assay rescore --json` tells them. */
import { expect } from "vitest";
import { z } from "zod";
import { rescoredSchema } from "../../../src/core/record.ts";
import { onlyRun, type Finished, type Project } from "../project.ts";

const passSchema = z.object({
  path: z.string(),
  file: z.string(),
  wasFinished: z.boolean(),
  resumed: z.number(),
  counts: z.object({ scored: z.number(), unscored: z.number(), differing: z.number() }),
  judging: z.object({ calls: z.number() }),
  tasks: z.array(z.object({ metrics: z.record(z.string(), z.object({ value: z.number().nullable() })) })),
  trials: z.array(rescoredSchema),
});
const documentSchema = z.object({ runs: z.array(passSchema) });

export function passOf({ stdout, stderr }: Finished): z.output<typeof passSchema> {
  const [run] = stdout.startsWith("{") ? documentSchema.parse(JSON.parse(stdout)).runs : [];
  return run ?? expect.fail(stderr);
}

/** A stored run whose answers nobody judged. */
export async function storedRun(folder: Project): Promise<string> {
  const run = onlyRun(await folder.assay(["run", "-m", "mock/oracle?accuracy=0.5&seed=2", "-t", "./task.ts", "--judge", "none", "--json"]));
  return run.path;
}

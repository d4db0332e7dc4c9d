/** What a suite is: a named list of task specs and suites, with a rule to aggregate their scores. */
import { z } from "zod";

export const suiteSchema = z.strictObject({
  name: z.string().min(1),
  description: z.string().min(1),
  members: z.array(z.string().min(1)).min(1),
  /** AVERAGE: mean over all leaf tasks. AVERAGE_OF_AVERAGES: each direct child counts once, a child suite as the flat mean of its leaves. DISPLAY_ONLY computes AVERAGE without ranking by it. NONE: no aggregate. */
  aggregation: z.enum(["AVERAGE", "AVERAGE_OF_AVERAGES", "DISPLAY_ONLY", "NONE"]),
});

export type Suite = z.output<typeof suiteSchema>;

/** Defines a suite; one file in `tasks/suites/` exports it as default. */
export function defineSuite(suite: Suite): Suite {
  return suite;
}

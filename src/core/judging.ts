/** How a panel judges, apart from which models are in it: the judge's own rules, changed by the harness, `-o judging.…` and `--replicates`. */
import { z } from "zod";
import type { FailurePolicy, Judge, PanelRule } from "./judge.ts";

/** More of the same question would be a mistake, and a bill. */
const MOST_REPLICATES = 1_000;
const MOST_RETRIES = 100;

const failureSchema = z.union([
  z.enum(["exclude", "escalate"]),
  z.strictObject({ retry: z.number().int().min(0).max(MOST_RETRIES) }),
  z
    .string()
    .regex(/^retry:\d{1,3}$/, `expected exclude, escalate or retry:<n>, n up to ${MOST_RETRIES}`)
    .transform((text) => ({ retry: Math.min(MOST_RETRIES, Number(text.slice("retry:".length))) })),
]);

export const judgingSchema = z.strictObject({
  panel: z
    .union([z.enum(["plurality", "mean", "median"]), z.strictObject({ weights: z.record(z.string(), z.number().positive()) })], {
      error: 'expected plurality, mean, median or {"weights":{"<judge>":2}}',
    })
    .optional()
    .describe('how several judges become one: plurality, mean, median, or {"weights":{"<judge>":2}}'),
  replicates: z.number().int().positive().max(MOST_REPLICATES).optional().describe("how often each judge is asked the same"),
  onFailure: failureSchema.optional().describe("of a reply that is no verdict: exclude, retry:<n>, escalate (the next judge)"),
});

export type JudgingChanges = z.output<typeof judgingSchema>;

export interface JudgingRules {
  panel: PanelRule | undefined;
  replicates: number;
  onFailure: FailurePolicy;
}

export function rulesOf(judge: Judge, changes: JudgingChanges = {}): JudgingRules {
  return {
    panel: changes.panel ?? judge.panel,
    replicates: changes.replicates ?? judge.replicates ?? 1,
    onFailure: changes.onFailure ?? judge.onFailure ?? "exclude",
  };
}

/** How a panel judges, apart from which models are in it: the judge's own rules, changed by the harness, `-o judging.…` and `--replicates`. */
import { z } from "zod";
import type { FailurePolicy, Judge, PanelRule } from "./judge.ts";

const failureSchema = z.union([
  z.enum(["exclude", "escalate"]),
  z.strictObject({ retry: z.number().int().min(0) }),
  z
    .string()
    .regex(/^retry:\d+$/, "expected exclude, escalate or retry:<n>")
    .transform((text) => ({ retry: Number(text.slice("retry:".length)) })),
]);

export const judgingSchema = z.strictObject({
  panel: z
    .union([z.enum(["plurality", "mean", "median"]), z.strictObject({ weights: z.record(z.string(), z.number().positive()) })])
    .optional()
    .describe('how several judges become one: plurality, mean, median, or {"weights":{"<judge>":2}}'),
  replicates: z.number().int().positive().optional().describe("how often each judge is asked the same"),
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

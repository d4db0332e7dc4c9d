/** How a case's input reaches a function of ours. */
import type { z } from "zod";
import type { Interval } from "../../src/scoring/statistics/intervals.ts";

export type CaseFunction = (input: unknown) => unknown;

/** Parses the case's input by `schema`, then runs. */
export function on<Input>(schema: z.ZodType<Input>, run: (input: Input) => unknown): CaseFunction {
  return (input) => run(schema.parse(input));
}

/** An interval under the tables' names. */
export const named = (interval: Interval | null) => interval && { lower: interval.low, upper: interval.high };

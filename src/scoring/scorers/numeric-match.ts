/** Scores 1 where the answer is the expected number, however it is written. */
import { AssayError } from "../../core/errors.ts";
import type { Json } from "../../core/json.ts";
import { defineScorer, type Scorer } from "../../core/score.ts";
import type { Instance } from "../../core/instance.ts";
import { extractNumber, isSameNumber } from "../extract/number.ts";

export interface NumericMatchOptions<Data> {
  /** The expected number; text may have a currency sign and thousands separators. */
  expected: (instance: Instance<Data>) => string | number;
  /** The number in the output; null where there is none. Default {@link extractNumber}. */
  extract?: (output: string, instance: Instance<Data>) => string | null;
  /** Default `numeric`. */
  name?: string;
}

/**
 * Exact comparison of decimal numbers: "18.0" is 18, "$1,250.00" is 1250. No output, or no number in it, is a wrong answer.
 * Throws `score/failed` where the expected text is no number.
 * @example numericMatch<{ answer: string }>({ expected: ({ data }) => data.answer })
 */
export function numericMatch<Data = Json>(options: NumericMatchOptions<Data>): Scorer<Data> {
  const { expected, extract = extractNumber, name = "numeric" } = options;
  return defineScorer<Data>({
    name,
    score({ output, instance }) {
      const gold = String(expected(instance));
      if (isSameNumber(gold, gold) === null) {
        throw new AssayError("score/failed", `Instance ${instance.id} expects ${JSON.stringify(gold)}, which is no number.`);
      }
      if (output === null) return { value: 0, answer: null, explanation: "The model gave no answer." };
      const answer = extract(output, instance);
      if (answer === null) return { value: 0, answer, explanation: "No number was found in the output." };
      return { value: isSameNumber(answer, gold) ? 1 : 0, answer, explanation: `Expected ${gold}.` };
    },
  });
}

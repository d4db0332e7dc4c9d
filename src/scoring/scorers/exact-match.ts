/** Scores 1 where the answer equals the expected one. */
import type { Json } from "../../core/json.ts";
import { defineScorer, type Scorer } from "../../core/score.ts";
import type { Instance } from "../../core/instance.ts";

export interface ExactMatchOptions<Data> {
  /** The expected answer, or several of which any one is right. */
  expected: (instance: Instance<Data>) => string | readonly string[];
  /** The answer in the output; null where there is none. Default: the output without surrounding white space. */
  extract?: (output: string, instance: Instance<Data>) => string | null;
  /** Default `exact`. */
  name?: string;
}

/**
 * Text equality after extraction. No output, or no answer in it, is a wrong answer: 0, with the explanation.
 * @example exactMatch<{ answer: string }>({ expected: ({ data }) => data.answer })
 */
export function exactMatch<Data = Json>(options: ExactMatchOptions<Data>): Scorer<Data> {
  const { expected, extract = (output: string) => output.trim(), name = "exact" } = options;
  return defineScorer<Data>({
    name,
    score({ output, instance }) {
      if (output === null) return { value: 0, answer: null, explanation: "The model gave no answer." };
      const answer = extract(output, instance);
      if (answer === null) return { value: 0, answer, explanation: "No answer was found in the output." };
      const accepted = [expected(instance)].flat();
      const isRight = accepted.includes(answer);
      return { value: isRight ? 1 : 0, answer, explanation: `Expected ${accepted.map((text) => JSON.stringify(text)).join(" or ")}.` };
    },
  });
}

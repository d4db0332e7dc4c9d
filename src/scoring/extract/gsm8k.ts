/** GSM8K answers as other engines read them; our own rule is in number.ts. */
import { pyStrip } from "./python-text.ts";

const INVALID = "[invalid]";

/** The first `#### n`, as written. Source: lm-evaluation-harness, gsm8k.yaml, filter `strict-match`. */
export function gsm8kStrict(text: string): string {
  return pyStrip(/#### (-?[0-9.,]+)/.exec(text)?.[1] ?? INVALID);
}

/** The last thing that looks like a number, as written. Source: lm-evaluation-harness, gsm8k.yaml, filter `flexible-extract`. */
export function gsm8kFlexible(text: string): string {
  return [...text.matchAll(/-?[$0-9.,]{2,}|-?[0-9]+/g)].at(-1)?.[0] ?? INVALID;
}

/** The number after the first "The answer is", which something must follow. Source: lm-evaluation-harness, gsm8k-cot.yaml, filter `strict-match`. */
export function gsm8kCotStrict(text: string): string {
  return /The answer is (-?[0-9.,]+)[^\n]/.exec(text)?.[1] ?? INVALID;
}

/** Whether two answers are equal once commas, `$`, all up to `#### ` and a final full stop are dropped: 18.0 is not 18. Source: lm-evaluation-harness, gsm8k.yaml, `exact_match`. */
export function gsm8kExactMatch(prediction: string, reference: string): boolean {
  return withoutIgnored(prediction) === withoutIgnored(reference);
}

function withoutIgnored(text: string): string {
  const bare = text.replaceAll(/[,$]/g, "");
  const marker = bare.lastIndexOf("#### ");
  return bare
    .slice(marker < 0 ? 0 : marker + "#### ".length)
    .replaceAll(/\.(?=\n?$)/g, "")
    .toLowerCase();
}

/** The last integer or decimal after joining digit,digit: "10-20" ends in "-20". Null where there is none. Source: olmo-eval, tasks/gsm8k.py. */
export function gsm8kOlmo(text: string): string | null {
  const joined = text.replaceAll(/(\p{Nd}),(\p{Nd})/gu, "$1$2");
  return [...joined.matchAll(/[-+]?\p{Nd}*\.\p{Nd}+|[-+]?\p{Nd}+/gu)].at(-1)?.[0] ?? null;
}

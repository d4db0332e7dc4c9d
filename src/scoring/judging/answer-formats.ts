/** The forms of answers that judges give: a choice, yes or no, one of a pair, a number, a text. */
import { z } from "zod";
import type { AnswerFormat } from "../../core/judge.ts";
import { endsVerdict, lastVerdict } from "./last-verdict.ts";

/** A choice by its name, with what it means, and with the letter that it may be written as. */
export interface Choice {
  meaning: string;
  letter?: string;
}

const explanation = z.string().describe("the reasons, step by step, before the verdict");

/**
 * One of named choices. In words: `VERDICT: partial`, also by letter (`**GRADE:** P`); names without regard to case, `_` or space between words.
 * @example choiceFormat({ correct: { meaning: "says the same as the reference", letter: "C" }, incorrect: { meaning: "does not", letter: "I" } })
 */
export function choiceFormat(choices: Readonly<Record<string, Choice>>): AnswerFormat {
  const names = Object.keys(choices);
  const menu = readerOf(choices);
  const meanings = names.map((name) => `${JSON.stringify(name)} if ${choices[name]?.meaning ?? ""}`).join("; ");
  return {
    schema: z.object({ explanation, verdict: z.enum(names).describe(meanings) }),
    verdict: "verdict",
    inWords: `First give your reasons. Then end with a line of its own: VERDICT: followed by one of ${names.join(", ")}.`,
    fromText(text) {
      const value = lastVerdict(text, menu.standsAlone);
      return value === undefined ? undefined : { explanation: text.trim(), verdict: menu.read(value) ?? value };
    },
  };
}

/** Yes (1) or no (0), as a word. */
export function yesNoFormat(meanings: { yes: string; no: string }): AnswerFormat {
  const format = choiceFormat({ yes: { meaning: meanings.yes, letter: "Y" }, no: { meaning: meanings.no, letter: "N" } });
  return { ...format, tokens: { yes: 1, no: 0 } };
}

/** The better of two answers that are shown as A and B, or a tie; `[[A]]`, `[[B]]`, `[[C]]` as in MT-Bench (Zheng et al. 2023, appendix A). */
export function pairFormat(): AnswerFormat {
  return choiceFormat({
    A: { meaning: "answer A is better" },
    B: { meaning: "answer B is better" },
    tie: { meaning: "neither is better", letter: "C" },
  });
}

export interface ScoreRange {
  low: number;
  high: number;
  /** Whole numbers only. Default true. */
  isInteger?: boolean;
}

/** A range of whole numbers up to so many has tokens, so that its score can be weighted by their probabilities. */
const MOST_TOKENS = 21;

/** A number in a range. In words: `SCORE: 7`, `**7**`, `7/10`; the last one counts, also where it is out of range. */
export function scoreFormat({ low, high, isInteger = true }: ScoreRange): AnswerFormat {
  const number = z.number().min(low).max(high);
  const verdict = isInteger ? number.int() : number;
  const values = isInteger ? Array.from({ length: Math.min(high - low + 1, MOST_TOKENS + 1) }, (_, index) => low + index) : [];
  return {
    schema: z.object({ explanation, score: verdict.describe(`from ${low} to ${high}`) }),
    verdict: "score",
    inWords: `First give your reasons. Then end with a line of its own: SCORE: followed by a ${isInteger ? "whole " : ""}number from ${low} to ${high}.`,
    fromText(text) {
      const value = lastVerdict(text, (line) => /^[+-]?\d+(?:\.\d+)?(?:\s*\/\s*\d+)?$/.test(line));
      return value === undefined ? undefined : { explanation: text.trim(), score: readScore(value, high) ?? value };
    },
    ...(values.length > 0 && values.length <= MOST_TOKENS && { tokens: Object.fromEntries(values.map((item) => [String(item), item])) }),
  };
}

/** A text without a verdict on a menu: what a judge would itself have answered. In words the whole reply. */
export function textFormat(description: string): AnswerFormat {
  return {
    // Not `min(1)`: some servers take no schema with lengths.
    schema: z.object({
      answer: z
        .string()
        .refine((text) => text.trim() !== "", "is empty")
        .describe(description),
    }),
    verdict: "answer",
    inWords: `Give nothing but ${description}.`,
    // A fence that is closed behind an object is no text.
    fromText: (text) => (/^[\s`]*$/.test(text) ? undefined : { answer: text.trim() }),
  };
}

const NUMBER = /^([+-]?\d{1,9}(?:\.\d{1,9})?)(?:\s*(?:\/|out of|of)\s*(\d{1,9}(?:\.\d{1,9})?))?(?:\s*(?:points?|stars?))?/i;

/** The number, unless it is one of several or of another scale than asked for. */
function readScore(value: string, high: number): number | undefined {
  const plain = value.replace(/^[\s*_`"'([]+/, "");
  const match = NUMBER.exec(plain);
  if (!match?.[1]) return undefined;
  const rest = plain.slice(match[0].length);
  if (!endsVerdict(rest) || /^\s*(?:,|or|and|to|-|–)\s*\d/.test(rest)) return undefined;
  return match[2] === undefined || Number(match[2]) === high ? Number(match[1]) : undefined;
}

/** Reads names and letters of choices where a verdict stands. ASCII without regard to case: look-alikes of other scripts are not the menu. */
function readerOf(choices: Readonly<Record<string, Choice>>) {
  const names = Object.keys(choices).toSorted((a, b) => b.length - a.length);
  // Not for patterns with the flag u: with it, i would take the Kelvin sign for a k.
  const name = `(?:${names.map(spelled).join("|")})`;
  const letters = names.flatMap((item) => choices[item]?.letter ?? (item.length === 1 ? item : []));
  const letter = letters.length === 0 ? "(?!)" : `[${letters.join("")}]`;
  const start = [new RegExp(`^${name}`, "i"), new RegExp(`^${letter}`, "i")];
  const another = new RegExp(
    `^[\\s*_\`"')\\]]*(?:,|/|\\||or\\b|and\\b)\\s*(?:or\\s+|and\\s+)?(?:${name}|${letter})(?=\\s*(?:$|[.,;/|)\\]]|or\\b|and\\b))`,
    "i",
  );
  const named = new RegExp(`^[\\s*_\`"')\\]:(–—-]*(${name})`, "i");
  const alone = new RegExp(`^(?:[a-z]|${name}|[a-z]\\s*[:.)–—-]+\\s*\\(?${name}\\)?)$`, "i");
  const meant = (text: string) => {
    const plain = text.toLowerCase().replaceAll(/[\s_-]+/g, " ");
    return names.find((item) => item.toLowerCase().replaceAll(/[\s_-]+/g, " ") === plain || choices[item]?.letter?.toLowerCase() === plain);
  };
  return {
    standsAlone: (line: string) => alone.test(line),
    read(value: string): string | undefined {
      const plain = value.replace(/^[\s*_`"'([]+/, "");
      for (const pattern of start) {
        const found = pattern.exec(plain)?.[0];
        const rest = plain.slice(found?.length ?? 0);
        if (found === undefined || !endsVerdict(rest) || another.test(rest)) continue;
        // "A: INCORRECT" contradicts itself.
        const said = named.exec(rest)?.[1];
        return said === undefined || meant(said) === meant(found) ? meant(found) : undefined;
      }
      return undefined;
    },
  };
}

function spelled(name: string): string {
  return name
    .split(/[\s_-]+/)
    .map((word) => word.replaceAll(/[.*+?^${}()|[\]\\/]/g, String.raw`\$&`))
    .join("[\\s_-]{1,3}");
}

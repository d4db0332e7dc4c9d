/** The texts of a trial that judges are shown, and what a trial lacks to be judged. */
import { DEFAULTS } from "../../core/defaults.ts";
import { z } from "zod";
import type { Judge, JudgedTrial, JudgePrompt } from "../../core/judge.ts";
import type { Json } from "../../core/json.ts";
import { elidedTexts } from "./elide.ts";

/** Where the texts are taken from, if not from where they usually are. */
export interface TextOptions<Data> {
  /** Default: `question` in the instance's data, else what the model was asked. */
  question?: ((trial: JudgedTrial<Data>) => string) | undefined;
  /** Default: `reference` in the instance's data, one text or several of which any one is right; else the instance's reference. Null: there is none. */
  reference?: ((trial: JudgedTrial<Data>) => string | null) | undefined;
  /** Characters of each text that are shown; of a longer one, head and tail. Default 200,000. */
  budget?: number | undefined;
}

/** What a judge may be told beside what it decides: who plays it, how often, what becomes of several votes. */
export type PanelOptions<Data> = Pick<Judge<Data>, "judges" | "panel" | "replicates" | "onFailure" | "metrics">;

/** Null is a text that there is none of. */
export interface TrialTexts {
  question: string;
  reference: string | null;
  submission: string | null;
  opponent: string | null;
}

const ownSchema = z.object({
  question: z.string().min(1).optional().catch(undefined),
  reference: z
    .union([z.string().min(1), z.array(z.string().min(1)).min(1)])
    .optional()
    .catch(undefined),
});

/** The texts of a trial, from where they usually are or where the options say. */
export function textsOf<Data = Json>(trial: JudgedTrial<Data>, options: TextOptions<Data> = {}): TrialTexts {
  const own = ownSchema.safeParse(trial.instance.data).data ?? {};
  return {
    question: options.question ? options.question(trial) : (own.question ?? trial.question),
    reference: options.reference ? options.reference(trial) : (anyOf(own.reference) ?? trial.reference),
    submission: trial.output,
    opponent: trial.opponent,
  };
}

function anyOf(references: string | readonly string[] | undefined): string | undefined {
  if (typeof references !== "object") return references;
  return references.length === 1 ? references[0] : references.map((text) => `- ${text}`).join("\n");
}

/**
 * What of these texts a judge is shown, by name and in this order, for a question's `prompt`; null is a text that there is none of.
 * Each is cut to `budget` characters, default 200,000.
 * @example prompt: { instructions, ...shownTexts({ question, submission }), reminder }
 */
export function shownTexts(
  texts: Readonly<Record<string, string | null>>,
  { budget = DEFAULTS.judgedCharacters }: { budget?: number | undefined } = {},
): Pick<JudgePrompt, "data" | "elided"> {
  const given = Object.entries(texts).filter((entry): entry is [string, string] => entry[1] !== null);
  return elidedTexts(Object.fromEntries(given), budget);
}

const LACKS = {
  submission: { none: "the model gave no answer", blank: "the model's answer is empty" },
  reference: { none: "there is no reference answer to compare with", blank: "the reference answer is empty" },
  opponent: { none: "there is no other answer to compare with", blank: "the answer to compare with is empty" },
} as const;

/** Why a judge that needs these texts cannot be asked, since one is missing or blank; undefined where it can. */
export function lacking(texts: TrialTexts, needs: readonly (keyof typeof LACKS)[]): string | undefined {
  const missing = needs.find((name) => (texts[name] ?? "").trim() === "");
  return missing && (texts[missing] === null ? LACKS[missing].none : LACKS[missing].blank);
}

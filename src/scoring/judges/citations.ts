/** Looks whether the passages that an answer cites bear out what it says. */
import { z } from "zod";
import { DEFAULTS } from "../../core/defaults.ts";
import { AssayError } from "../../core/errors.ts";
import type { Instance } from "../../core/instance.ts";
import {
  defineJudge,
  type AnswerFormat,
  type JudgeAnswer,
  type JudgedTrial,
  type JudgeGrade,
  type JudgePrompt,
  type JudgeQuestion,
  type JudgeScorer,
} from "../../core/judge.ts";
import { plainJson, type Json } from "../../core/json.ts";
import { accuracy } from "../metrics.ts";
import { choiceFormat } from "../judging/answer-formats.ts";
import { citedStatements, type CitedStatement } from "../judging/cited-statements.ts";
import { checkBudget } from "../judging/elide.ts";
import { withEvidence } from "../judging/evidence-format.ts";
import { lacking, shownTexts, textsOf, type PanelOptions } from "../judging/trial-texts.ts";

/** What an answer may cite. */
export interface Passage {
  /** As it is cited, without brackets. */
  id: string;
  text: string;
}

const passageSchema = z.union([
  z.string(),
  z.object({ id: z.union([z.string(), z.number()]).optional(), title: z.string().optional(), text: z.string() }),
]);

const dataSchema = z.object({ passages: z.array(passageSchema).min(1) });

export interface CitationsOptions<Data> extends PanelOptions<Data> {
  /** Default `citations`. */
  name?: string;
  /** Default: `passages` in the instance's data, texts or `{ id, title, text }`; without an id they are cited by their number, from 1. */
  passages?: (instance: Instance<Data>) => readonly Passage[];
  /** Characters of each text that are shown. Default 200,000. */
  budget?: number;
}

const INSTRUCTIONS = `You check citations. You are shown one statement of an answer, the text that it stands in, and the passages that it cites, and nothing else that may be true counts: not what you know, and not what another passage may say.
The statement is borne out where somebody who knows nothing but these passages, all of them together, would have to agree to all of it: to its numbers, names, dates, comparisons and conditions, and to how sure it is. A passage that is about the same matter and does not say so does not bear it out, and one that says otherwise refutes it.`;

/**
 * F1 of two shares. Recall: of the statements that claim something, those that the passages they cite wholly bear out. Precision: of the
 * citations, those that bear out their statement at least in part. A citation of a passage that does not exist supports nothing, and no
 * judge is asked. The shares are those of Gao et al. 2023, "ALCE" (arXiv 2305.14627), with the judge's verdict on a citation itself in
 * place of leaving it out.
 */
export function citations<Data = never>(options: CitationsOptions<Data> = {}): JudgeScorer<Data> {
  const { name = "citations", passages: given, budget = DEFAULTS.judgedCharacters, ...panel } = options;
  checkBudget(name, budget);
  const lacks = (trial: JudgedTrial<Data>) => lacking(textsOf(trial), ["submission"]);
  const citedOf = ({ instance, output }: JudgedTrial<Data>): Cited[] => {
    const passages = new Map(passagesOf(instance, name, given).map(({ id, text }) => [id, text]));
    return citedStatements(output ?? "", [...passages.keys()]).map((statement) => ({
      ...statement,
      passages: new Map(statement.cited.flatMap((id) => (passages.has(id) ? [[id, passages.get(id) ?? ""]] : []))),
    }));
  };
  return defineJudge<Data>({
    metrics: [
      accuracy({ score: name }),
      ...(["precision", "recall"] as const).map((part) => accuracy({ score: `${name}.${part}`, name: part })),
    ],
    ...panel,
    name,
    description: "Whether the passages that an answer cites bear out what it claims.",
    rubric: { instructions: INSTRUCTIONS },
    ask(trial) {
      if (lacks(trial) !== undefined) return [];
      // One object for all statements, of which an answer may have dozens.
      const answer = shownTexts({ answer: trial.output }, { budget });
      return citedOf(trial)
        .filter(needsJudge)
        .map((cited) => questionOf(cited, answer, budget));
    },
    grade(answers, trial) {
      const reason = lacks(trial);
      return reason === undefined ? gradeOf(citedOf(trial), answers) : { value: null, reason };
    },
  });
}

export default citations<Json>();

function passagesOf<Data>(instance: Instance<Data>, name: string, given: CitationsOptions<Data>["passages"]): readonly Passage[] {
  if (given) return given(instance);
  const parsed = dataSchema.safeParse(instance.data);
  if (!parsed.success) {
    throw new AssayError("score/failed", `${name}: the data of ${instance.id} has no passages.`, {
      hint: "Give it `passages`, texts or { id, title, text }, or the judge a `passages` function.",
    });
  }
  return parsed.data.passages.map((passage, index) => {
    if (typeof passage === "string") return { id: String(index + 1), text: passage };
    const { id = index + 1, title, text } = passage;
    return { id: String(id), text: title === undefined ? text : `${title}\n${text}` };
  });
}

/** A statement with those of the passages it cites that exist. */
interface Cited extends CitedStatement {
  passages: ReadonlyMap<string, string>;
}

/** What cites only passages that do not exist is borne out by none. */
function needsJudge({ cited, passages }: Cited): boolean {
  return cited.length === 0 || passages.size > 0;
}

const idOf = (number: number) => `statement-${number}`;

type Shown = Pick<JudgePrompt, "data" | "elided">;

function questionOf({ number, text, passages }: Cited, answer: Shown, budget: number): JudgeQuestion {
  const cited = [...passages];
  const texts = { statement: text, ...Object.fromEntries(cited.map(([id, passage]) => [`passage-${id}`, passage])) };
  const prompt = { instructions: INSTRUCTIONS, ...together(answer, shownTexts(texts, { budget })) };
  if (cited.length === 0) {
    return {
      id: idOf(number),
      prompt: {
        ...prompt,
        reminder: "The statement cites nothing. Does it claim something about the world, which a reader would want a source for?",
      },
      answer: CLAIM,
      read: ({ verdict }) => ({ label: String(verdict), value: null }),
    };
  }
  return {
    id: idOf(number),
    prompt: {
      ...prompt,
      reminder: "Is the statement borne out by the passages it cites, and which of them bear it out, wholly or in part?",
    },
    answer: supportFormat(cited.map(([id]) => id)),
    read: ({ verdict }) => ({ label: String(verdict), value: null }),
  };
}

function together(...shown: readonly Shown[]): Shown {
  const characters = shown.reduce((sum, { elided }) => sum + (elided?.characters ?? 0), 0);
  return { data: shown.flatMap(({ data }) => data), ...(characters > 0 && { elided: { characters } }) };
}

const CLAIM = choiceFormat({
  claim: { meaning: "it claims something that is not plain from the question, and that somebody could doubt" },
  no_claim: { meaning: "it claims nothing: it introduces, repeats, structures, asks, or says what the writer does not know" },
});

const SUPPORT = choiceFormat({
  supported: { meaning: "all of it is borne out" },
  partial: { meaning: "a part of it is borne out, and nothing refutes the rest" },
  unsupported: { meaning: "none of it is borne out, or something in it is refuted" },
  no_claim: { meaning: "it claims nothing that could be borne out" },
});

/** The verdict, and which of the cited passages it rests on. */
function supportFormat(cited: readonly string[]): AnswerFormat {
  const format = withEvidence(SUPPORT, {
    key: "supporting",
    list: z.array(z.enum(cited).describe("a passage that bears it out, wholly or in part")),
    about: `those of the passages ${cited.join(", ")} that bear the statement out, wholly or in part, or none`,
    read: (name) => name,
  });
  const isWhole = ({ supporting, verdict }: Record<string, unknown>) =>
    verdict !== "supported" || (Array.isArray(supporting) && supporting.length > 0);
  return { ...format, schema: format.schema.refine(isWhole, "supported, but by no passage") };
}

/** Without the key of a statement that cites nothing. */
const supportingSchema = z.object({
  supporting: z
    .array(z.string())
    .default([])
    .transform((names) => [...new Set(names)]),
});

/** What was found of one statement. */
interface Checked {
  isClaim: boolean;
  isSupported: boolean;
  citations: number;
  /** How many of them bear it out at least in part. */
  supporting: number;
}

function gradeOf(statements: readonly Cited[], answers: readonly JudgeAnswer[]): JudgeGrade {
  const checked = statements.map((statement) => checkedBy(statement, answers));
  const details = statements.map(({ number, text, cited }, index) => ({ number, text, cited: [...cited], found: checked[index] ?? null }));
  const known = checked.filter((found) => found !== null);
  if (known.length < checked.length) return { value: null, bounds: { low: 0, high: 1 }, details: plainJson(details) };
  const claims = known.filter(({ isClaim }) => isClaim);
  if (claims.length === 0) return { value: null, reason: "the answer claims nothing that needs a source", details: plainJson(details) };
  const count = (of: (claim: Checked) => number) => claims.reduce((sum, claim) => sum + of(claim), 0);
  const recall = count(({ isSupported }) => Number(isSupported)) / claims.length;
  const total = count((claim) => claim.citations);
  const precision = total === 0 ? null : count((claim) => claim.supporting) / total;
  const value = precision === null || precision + recall === 0 ? 0 : (2 * precision * recall) / (precision + recall);
  return { value, parts: { precision, recall }, details: plainJson(details) };
}

/** Null where its judge failed. */
function checkedBy(statement: Cited, answers: readonly JudgeAnswer[]): Checked | null {
  const citationCount = statement.cited.length;
  if (!needsJudge(statement)) return { isClaim: true, isSupported: false, citations: citationCount, supporting: 0 };
  const given = answers.find(({ question }) => question === idOf(statement.number));
  if (given?.label == null) return null;
  const supporting = supportingSchema.parse(given.answer).supporting.length;
  const bearsOut = given.label === "supported" || given.label === "partial";
  return {
    isClaim: given.label !== "no_claim",
    isSupported: given.label === "supported",
    citations: citationCount,
    supporting: bearsOut ? supporting : 0,
  };
}

/** What the judge's values and people's labels have in common: categories, and what each is worth. */
import type { LabelValue } from "../../core/label.ts";
import type { MeasurementLevel } from "../../scoring/statistics/agreement/krippendorff-alpha.ts";
import type { CalibrationTrial } from "./calibration-trial.ts";

export interface Scale {
  /** From the least to the most, where they have values. */
  categories: readonly string[];
  level: MeasurementLevel;
  /** Words of people's that neither the judge used nor everybody knows: they have no value. */
  unknownWords: readonly string[];
  /** Index of a judge's verdict in the categories. */
  judged(trial: CalibrationTrial): number;
  read(label: LabelValue): { category: number; value: number | null };
}

/** Words that need no explanation, for scorers that give numbers only. */
const WORDS: Record<string, number> = { correct: 1, incorrect: 0, right: 1, wrong: 0, yes: 1, no: 0, true: 1, false: 0, pass: 1, fail: 0 };

/** `Not attempted`, `not-attempted` and `not_attempted` are one word. */
const wordOf = (text: string) =>
  text
    .trim()
    .toLowerCase()
    .replaceAll(/[\s_-]+/g, "_");

/** Built from all that was said: a category that only people gave is one, too. */
export function scaleOf(trials: readonly CalibrationTrial[]): Scale {
  const worth = speaksInWords(trials) ? worthOfWords(trials) : undefined;
  const valueOf = (name: string): number | null => {
    if (worth?.has(name)) return worth.get(name) ?? null;
    const known = WORDS[name] ?? Number(name);
    return Number.isFinite(known) ? known : null;
  };
  const ofNumber = (value: number): string => {
    const [only, ...others] = [...(worth ?? [])].filter(([, own]) => own === value);
    return only && others.length === 0 ? only[0] : String(value);
  };
  const nameOf = (label: LabelValue): string => {
    if (typeof label === "number") return ofNumber(label);
    const word = wordOf(label);
    const known = WORDS[word];
    return known === undefined || worth?.has(word) ? word : ofNumber(known);
  };
  const nameOfJudged = ({ label, value }: CalibrationTrial) => (worth ? wordOf(label ?? "") : String(value));
  const said = trials.flatMap((trial) => [nameOfJudged(trial), ...trial.people.map(({ label }) => nameOf(label))]);
  const categories = [...new Set(said)].toSorted((a, b) => (valueOf(a) ?? Infinity) - (valueOf(b) ?? Infinity) || (a < b ? -1 : 1));
  const index = new Map(categories.map((name, place) => [name, place]));
  return {
    categories,
    level: levelOf(categories.map(valueOf)),
    unknownWords: categories.filter((name) => valueOf(name) === null && worth?.has(name) !== true),
    judged: (trial) => index.get(nameOfJudged(trial)) ?? 0,
    read: (label) => ({ category: index.get(nameOf(label)) ?? 0, value: valueOf(nameOf(label)) }),
  };
}

/** Where every verdict has a word, and people do not speak in numbers only: then the numbers are what is compared. */
function speaksInWords(trials: readonly CalibrationTrial[]): boolean {
  const labels = trials.flatMap(({ people }) => people.map(({ label }) => label));
  const isInNumbers =
    labels.length > 0 && labels.every((label) => typeof label === "number") && trials.every(({ value }) => value !== null);
  return trials.length > 0 && trials.every(({ label }) => label !== null) && !isInNumbers;
}

/** Null for a word that is worth one thing here and another there: a class that is right for one trial and wrong for the next. */
function worthOfWords(trials: readonly CalibrationTrial[]): Map<string, number | null> {
  const values = Map.groupBy(trials, ({ label }) => wordOf(label ?? ""));
  return new Map(
    [...values].map(([word, own]) => {
      const [first, ...others] = new Set(own.map(({ value }) => value));
      return [word, others.length === 0 ? (first ?? null) : null];
    }),
  );
}

/** More values than these are a measurement and no list of categories. */
const MAX_CATEGORIES = 20;

function levelOf(values: readonly (number | null)[]): MeasurementLevel {
  if (values.some((value) => value === null) || values.length <= 2) return "nominal";
  return values.length <= MAX_CATEGORIES ? "ordinal" : "interval";
}

/** Several votes become one grade: first the replicates of each judge, then the judges. No vote is thrown away, and no tie is broken by order. */
import { AssayError } from "../../core/errors.ts";
import { plainJson, type Json } from "../../core/json.ts";
import type { JudgeGrade, PanelRule } from "../../core/judge.ts";
import { majority } from "../statistics/judged/majority.ts";

export interface Vote {
  judge: string;
  replicate: number;
  grade: JudgeGrade;
}

/** A grade of the whole panel; in `details` every vote, or what the one judge gave along. */
export interface PanelGrade extends JudgeGrade {
  details: Json;
}

/** What one judge thinks, all its replicates taken together. */
interface Opinion {
  judge: string;
  value: number | null;
  label: string | null;
  reason: string | undefined;
  bounds: { low: number; high: number } | undefined;
  /** The votes it rests on. */
  votes: readonly Vote[];
}

type Combined = Pick<Opinion, "value" | "label" | "reason">;

/** Refuses weights that leave out a judge of the panel, that are negative, or that sum to nothing: `config/invalid`. */
export function checkPanel(rule: PanelRule | undefined, judges: readonly string[]): void {
  if (typeof rule !== "object") return;
  const { weights } = rule;
  const missing = judges.find((judge) => !Object.hasOwn(weights, judge));
  const named = `the panel's weights are for ${Object.keys(weights).join(", ") || "no judge"}`;
  if (missing !== undefined) {
    throw new AssayError("config/invalid", `The judge ${missing} has no weight: ${named}.`, {
      hint: "Give every judge of the panel a weight.",
    });
  }
  const given = judges.map((judge) => weights[judge] ?? 0);
  if (given.some((weight) => !(weight >= 0 && Number.isFinite(weight))) || !given.some((weight) => weight > 0)) {
    throw new AssayError("config/invalid", "The panel's weights must not be negative, and one must be above 0.", {
      hint: "Change the weights.",
    });
  }
}

/**
 * Plurality is strict: two labels that lead leave the value null, marked for review. Means, medians and weighted means are of the judges that gave
 * a value; the weights of the others are left out. Default: plurality where grades have labels, mean otherwise.
 */
export function panelScore(rule: PanelRule | undefined, votes: readonly Vote[]): PanelGrade {
  const judges = [...new Set(votes.map(({ judge }) => judge))];
  checkPanel(rule, judges);
  const [only] = votes;
  if (votes.length === 1 && only) return { ...only.grade, details: only.grade.details ?? null };
  const isLabelled = votes.some(({ grade }) => typeof grade.label === "string");
  const used = rule ?? (isLabelled ? "plurality" : "mean");
  const opinions = judges.map((judge) =>
    opinionOf(
      used,
      judge,
      votes.filter((vote) => vote.judge === judge),
    ),
  );
  const { value, label, reason } = combine(used, opinions, "judges");
  const deciding = opinions.filter(
    (opinion) => opinion.value !== null && (used !== "plurality" || label === null || opinion.label === label),
  );
  const failed = votes.filter(({ grade }) => grade.value === null);
  const bounds = boundsOf(used, opinions);
  const review = [...new Set([...disagreements(used, opinions), ...votes.flatMap(({ grade }) => grade.needsReview ?? [])])];
  const explanation = deciding.flatMap((opinion) => opinion.votes).find(({ grade }) => grade.explanation !== undefined)?.grade.explanation;
  const parts = partsOf(deciding);
  return {
    value,
    ...(isLabelled && { label }),
    ...(reason !== undefined && { reason }),
    ...(parts && { parts }),
    ...(bounds && { bounds }),
    ...(explanation !== undefined && { explanation }),
    ...(review.length > 0 && { needsReview: review }),
    details: plainJson({
      rule: used,
      failed: failed.length,
      judges: opinions.map(({ judge, value, label }) => ({ judge, value, label })),
      votes: votes.map(({ judge, replicate, grade }) => ({ judge, replicate, ...grade })),
    }),
  };
}

function opinionOf(rule: PanelRule, judge: string, votes: readonly Vote[]): Opinion {
  const own = votes.map(({ grade, ...vote }) => ({
    judge: vote.judge,
    value: grade.value,
    label: grade.label ?? null,
    reason: grade.reason,
    bounds: grade.bounds,
    votes: [{ ...vote, grade }],
  }));
  const combined = combine(rule === "plurality" ? rule : "mean", own, "replicates");
  const deciding = own.filter((vote) => vote.value !== null && (combined.label === null || vote.label === combined.label));
  return { judge, ...combined, bounds: boundsOf(rule, own), votes: deciding.flatMap((vote) => vote.votes) };
}

function combine(rule: PanelRule, opinions: readonly Opinion[], who: "judges" | "replicates"): Combined {
  const given = opinions.filter((opinion) => opinion.value !== null);
  if (given.length === 0) return { value: null, label: null, reason: failureOf(opinions, who) };
  if (rule === "plurality") return plurality(given, who);
  const weightOf = (judge: string) => (typeof rule === "object" ? (rule.weights[judge] ?? 0) : 1);
  const value = middle(
    rule,
    given.map((opinion) => ({ value: opinion.value ?? 0, weight: weightOf(opinion.judge) })),
  );
  return value === null
    ? { value, label: null, reason: "every judge that gave a value has the weight 0" }
    : { value, label: sharedLabel(given), reason: undefined };
}

function plurality(given: readonly Opinion[], who: string): Combined {
  const { winner } = majority(given.map(nameOf));
  if (winner === null) return { value: null, label: null, reason: `the ${who} are undecided: ${countsOf(given.map(nameOf))}` };
  const winners = given.filter((opinion) => nameOf(opinion) === winner);
  const value = middle(
    "mean",
    winners.map((opinion) => ({ value: opinion.value ?? 0, weight: 1 })),
  );
  return { value, label: winners[0]?.label ?? null, reason: undefined };
}

/** What a plurality counts: the label, of a number without one the number. */
function nameOf({ label, value }: Opinion): string {
  return label ?? String(value);
}

function middle(rule: PanelRule, values: readonly { value: number; weight: number }[]): number | null {
  if (rule === "median") {
    const sorted = values.map(({ value }) => value).toSorted((a, b) => a - b);
    const half = sorted.length / 2;
    return ((sorted[Math.ceil(half) - 1] ?? 0) + (sorted[Math.floor(half)] ?? 0)) / 2;
  }
  const total = values.reduce((sum, { weight }) => sum + weight, 0);
  return total > 0 ? values.reduce((sum, { value, weight }) => sum + value * weight, 0) / total : null;
}

/** A mean has the label that all agree on, and else none. */
function sharedLabel(given: readonly Opinion[]): string | null {
  const labels = new Set(given.map(({ label }) => label));
  return labels.size === 1 ? (given[0]?.label ?? null) : null;
}

function failureOf(opinions: readonly Opinion[], who: string): string {
  const reasons = opinions.map(({ reason }) => reason ?? "no verdict");
  return reasons.length === 1 ? (reasons[0] ?? "") : `none of ${reasons.length} ${who} gave a value: ${countsOf(reasons)}`;
}

/** `2 × correct, 1 × partial`, the most frequent first. */
function countsOf(names: readonly string[]): string {
  const counts = Object.entries(Object.groupBy(names, (name) => name)).map(([name, list = []]) => ({ name, count: list.length }));
  return counts
    .toSorted((a, b) => b.count - a.count)
    .map(({ name, count }) => `${count} × ${name}`)
    .join(", ");
}

function disagreements(rule: PanelRule, opinions: readonly Opinion[]): string[] {
  const given = opinions.filter(({ value }) => value !== null);
  // Numbers on a scale differ by nature; verdicts by name do not.
  if (rule !== "plurality" && given.some(({ label }) => label === null)) return [];
  const names = given.map(nameOf);
  if (new Set(names).size > 1) return [`judges disagree: ${countsOf(names)}`];
  if (rule !== "plurality") return [];
  const torn = opinions.filter(({ value, votes }) => value === null && votes.length > 0);
  return torn.map(({ judge, reason }) => `${judge}: ${reason ?? ""}`);
}

/** What failed answers could still make of the value, where every opinion says what it could be. */
function boundsOf(rule: PanelRule, opinions: readonly Opinion[]): { low: number; high: number } | undefined {
  if (!opinions.some(({ bounds }) => bounds)) return undefined;
  const limits = opinions.map(({ judge, bounds, value }) => ({
    judge,
    bounds: bounds ?? (value === null ? undefined : { low: value, high: value }),
  }));
  const known = limits.flatMap(({ judge, bounds }) => (bounds ? [{ judge, ...bounds }] : []));
  if (known.length < limits.length) return undefined;
  // A plurality is the value of one of them.
  if (rule === "plurality") return { low: Math.min(...known.map(({ low }) => low)), high: Math.max(...known.map(({ high }) => high)) };
  const weightOf = (judge: string) => (typeof rule === "object" ? (rule.weights[judge] ?? 0) : 1);
  const low = middle(
    rule,
    known.map((limit) => ({ value: limit.low, weight: weightOf(limit.judge) })),
  );
  const high = middle(
    rule,
    known.map((limit) => ({ value: limit.high, weight: weightOf(limit.judge) })),
  );
  return low === null || high === null ? undefined : { low, high };
}

/** Each part's mean over the judges that decided. */
function partsOf(deciding: readonly Opinion[]): Record<string, number | null> | undefined {
  const names = new Set(deciding.flatMap(({ votes }) => votes.flatMap(({ grade }) => Object.keys(grade.parts ?? {}))));
  if (names.size === 0) return undefined;
  const meanOf = (values: readonly (number | null | undefined)[]) => {
    const given = values.filter((value) => typeof value === "number");
    return given.length === 0 ? null : given.reduce((sum, value) => sum + value, 0) / given.length;
  };
  return Object.fromEntries(
    [...names].map((name) => [name, meanOf(deciding.map(({ votes }) => meanOf(votes.map(({ grade }) => grade.parts?.[name]))))]),
  );
}

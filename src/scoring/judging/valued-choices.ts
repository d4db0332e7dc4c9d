/** Verdicts by name with what each is worth: what judges that choose one of them have in common. */
import type { JudgeAnswer, JudgeGrade } from "../../core/judge.ts";
import type { Choice } from "./answer-formats.ts";
import { explanationOf } from "./explanation.ts";

interface ValuedChoice extends Choice {
  value: number;
}

export type ValuedChoices = Readonly<Record<string, ValuedChoice>>;

/** What each verdict means, for a judge's `rubric`. */
export function meaningsOf(choices: ValuedChoices): Record<string, string> {
  return Object.fromEntries(Object.entries(choices).map(([name, { meaning }]) => [name, meaning]));
}

/** How a question reads an answer of {@link choiceFormat}. */
export function readChoice(choices: ValuedChoices): (answer: Record<string, unknown>) => { label: string; value: number | null } {
  return ({ verdict }) => ({ label: String(verdict), value: choices[String(verdict)]?.value ?? null });
}

/** The grade that one such answer is; where it failed or was not given, what it could have been. */
export function choiceGrade(given: JudgeAnswer | undefined, choices: ValuedChoices): JudgeGrade {
  if (given?.label == null) {
    const values = Object.values(choices).map(({ value }) => value);
    return { value: null, label: null, bounds: { low: Math.min(...values), high: Math.max(...values) } };
  }
  return { value: given.value, label: given.label, ...explanationOf(given) };
}

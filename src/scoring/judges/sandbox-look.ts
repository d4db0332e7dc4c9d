/** Lets the judge look around in a copy of the trial's sandbox, with tools that only read, before it decides. */
import { defineJudge, type JudgeScorer } from "../../core/judge.ts";
import type { Json } from "../../core/json.ts";
import { accuracy } from "../metrics.ts";
import { choiceFormat } from "../judging/answer-formats.ts";
import { checkBudget } from "../judging/elide.ts";
import { shownTexts, textsOf, type PanelOptions, type TextOptions } from "../judging/trial-texts.ts";
import { choiceGrade, meaningsOf, readChoice, type ValuedChoices } from "../judging/valued-choices.ts";

export interface SandboxLookOptions<Data> extends PanelOptions<Data>, TextOptions<Data> {
  /** Default `sandbox-look`. */
  name?: string;
  /** What is judged. Default: whether the machine is as the task asked for. */
  rubric?: string;
  /** The verdicts by name, with their meaning and value. Default: `pass` 1, `partial` ½, `fail` 0. */
  choices?: ValuedChoices;
}

const INSTRUCTIONS =
  "You judge what somebody left on a machine. You are shown the task that was set, and what was said at the end by the one who worked on it; where there is one, a reference solution, which need not be the only right one.";

const RUBRIC = `Is the work that the task asks for there, in the files?
- Find the files that the task is about, and read them. What you did not see does not count, and neither does what is only said of them.
- Work that only looks done is not done: results written in by hand, special cases for tests, empty functions.`;

const CHOICES: ValuedChoices = {
  pass: { meaning: "all that the task asks for is there, and right", value: 1 },
  partial: { meaning: "a part of it is there and right", value: 0.5 },
  fail: { meaning: "none of it is there, or what is there is wrong or only looks done", value: 0 },
};

const GRADE = "grade";

/** Needs a trial whose sandbox can be copied: a snapshot that was kept, or one that is there still. */
export function sandboxLook<Data = never>(options: SandboxLookOptions<Data> = {}): JudgeScorer<Data> {
  const { name = "sandbox-look", rubric = RUBRIC, choices = CHOICES, question, reference, budget, ...panel } = options;
  checkBudget(name, budget);
  const answer = choiceFormat(choices);
  return defineJudge<Data>({
    metrics: [accuracy({ score: name })],
    ...panel,
    name,
    description: "What a trial left in its sandbox, which the judge looks at itself.",
    rubric: { instructions: [INSTRUCTIONS, rubric], choices: meaningsOf(choices) },
    ask(trial) {
      const texts = textsOf(trial, { question, reference });
      return [
        {
          id: GRADE,
          prompt: {
            instructions: `${INSTRUCTIONS}\n\n${rubric}`,
            ...shownTexts({ task: texts.question, reference: texts.reference, said: texts.submission ?? "" }, { budget }),
            reminder: "Look at what was left, then decide by what you saw.",
          },
          answer,
          read: readChoice(choices),
          looksIntoSandbox: true,
        },
      ];
    },
    grade: ([given]) => choiceGrade(given, choices),
  });
}

export default sandboxLook<Json>();

/** Grades work by a tree of weighted requirements, of which the leaves are judged. */
import { z } from "zod";
import { DEFAULTS } from "../../core/defaults.ts";
import { AssayError } from "../../core/errors.ts";
import type { Instance } from "../../core/instance.ts";
import {
  defineJudge,
  type JudgeAnswer,
  type JudgedTrial,
  type JudgePrompt,
  type JudgeQuestion,
  type JudgeScorer,
} from "../../core/judge.ts";
import type { Json } from "../../core/json.ts";
import { accuracy } from "../metrics.ts";
import { scoreFormat, yesNoFormat } from "../judging/answer-formats.ts";
import { checkBudget } from "../judging/elide.ts";
import { HOW_TO_READ_STEPS, renderTranscript } from "../judging/transcript.ts";
import { lacking, shownTexts, textsOf, type PanelOptions } from "../judging/trial-texts.ts";
import { rubricTree as score, type RubricNode } from "../statistics/judged/rubric-tree.ts";

/** A requirement, or one that its parts make up. Weights count among the parts of the same one. */
export interface Requirement {
  requirement: string;
  /** Default 1. */
  weight?: number | undefined;
  children?: readonly Requirement[] | undefined;
}

/** Requirements as they are here, and as PaperBench's rubrics write them (`requirements`, `sub_tasks`). */
const requirementSchema: z.ZodType<Requirement> = z.lazy(() =>
  z
    .object({
      requirement: z.string().optional(),
      requirements: z.string().optional(),
      weight: z.number().min(0).optional(),
      children: z.array(requirementSchema).optional(),
      sub_tasks: z.array(requirementSchema).optional(),
    })
    .transform(({ requirement, requirements, weight, children, sub_tasks }) => ({
      requirement: requirement ?? requirements ?? "",
      weight,
      children: children ?? sub_tasks,
    }))
    .refine(({ requirement }) => requirement !== "", "a requirement says what is required"),
);

const dataSchema = z.object({ rubric: requirementSchema });

export interface RubricTreeOptions<Data> extends PanelOptions<Data> {
  /** Default `rubric-tree`. */
  name?: string;
  /** Default: `rubric` in the instance's data. */
  rubric?: (instance: Instance<Data>) => Requirement;
  /** What is so many levels below the root is graded as a whole, in one call, as the share of it that is met. Default: every leaf by itself. */
  maxDepth?: number;
  /** What the judge goes by: the model's answer, all that it did, or what it left in its sandbox. Default `answer`. */
  evidence?: "answer" | "transcript" | "sandbox";
  /** Characters of each text that are shown. Default 200,000. */
  budget?: number;
}

const INSTRUCTIONS = `You check whether a piece of work meets a requirement. You are shown the task and the work, and you are told the requirement and what it is a part of. Decide on that requirement alone, by what was really done: what is only promised, claimed or described as if it were done does not count, and neither does the quality of anything else.`;

/**
 * Weighted means from the leaves up; a requirement that could not be judged leaves bounds and no value. Source: Starace et al. 2025,
 * "PaperBench" (arXiv 2504.01848), `max_depth` included.
 */
export function rubricTree<Data = never>(options: RubricTreeOptions<Data> = {}): JudgeScorer<Data> {
  const {
    name = "rubric-tree",
    rubric: given,
    maxDepth = Number.POSITIVE_INFINITY,
    evidence = "answer",
    budget = DEFAULTS.judgedCharacters,
    ...panel
  } = options;
  checkBudget(name, budget);
  const treeOf = ({ instance }: JudgedTrial<Data>) => judged(rubricOf(instance, name, given), maxDepth);
  const lacks = (trial: JudgedTrial<Data>) => (evidence === "answer" ? lacking(textsOf(trial), ["submission"]) : undefined);
  return defineJudge<Data>({
    metrics: [accuracy({ score: name })],
    ...panel,
    name,
    description: "A tree of weighted requirements, each leaf met or not.",
    rubric: { instructions: INSTRUCTIONS, maxDepth: Number.isFinite(maxDepth) ? maxDepth : null, evidence },
    async ask(trial) {
      if (lacks(trial) !== undefined) return [];
      const shown = await promptFor(trial, evidence, budget);
      return leavesOf(treeOf(trial)).map((leaf) => ({
        ...questionOf(leaf, shown),
        ...(evidence === "sandbox" && { looksIntoSandbox: true }),
      }));
    },
    grade(answers, trial) {
      if (answers.length === 0) return { value: null, reason: lacks(trial) ?? "nothing was asked" };
      const tree = treeOf(trial);
      const { score: value, low, high } = score(scored(tree, answers));
      const details = { leaves: leavesOf(tree).map(({ id, requirement }) => ({ id, requirement, score: valueOf(id, answers) })) };
      if (low === null || high === null) return { value: null, reason: "nothing in the rubric has weight", details };
      return { value, details, ...(value === null && { bounds: { low, high } }) };
    },
  });
}

export default rubricTree<Json>();

function rubricOf<Data>(instance: Instance<Data>, name: string, given: RubricTreeOptions<Data>["rubric"]): Requirement {
  if (given) return given(instance);
  const parsed = dataSchema.safeParse(instance.data);
  if (parsed.success) return parsed.data.rubric;
  throw new AssayError("score/failed", `${name}: the data of ${instance.id} has no rubric.`, {
    hint: "Give it `rubric`, a tree of { requirement, weight, children }, or the judge a `rubric` function.",
  });
}

/** A node of the tree as it is judged: what is below the depth is part of its leaf. */
interface JudgedNode {
  /** Its place: `2.1` is the first part of the root's second. */
  id: string;
  requirement: string;
  weight: number;
  /** What it is a part of, from the root down. */
  within: readonly string[];
  children: readonly JudgedNode[];
  /** Of a leaf that stands for a whole part of the tree. */
  parts: readonly Requirement[];
}

function judged(
  { requirement, weight = 1, children = [] }: Requirement,
  depth: number,
  path: readonly number[] = [],
  within: readonly string[] = [],
): JudgedNode {
  const isLeaf = path.length >= depth;
  return {
    id: path.join(".") || "root",
    requirement,
    weight,
    within,
    children: isLeaf ? [] : children.map((child, index) => judged(child, depth, [...path, index + 1], [...within, requirement])),
    parts: isLeaf ? children : [],
  };
}

function leavesOf(node: JudgedNode): JudgedNode[] {
  return node.children.length === 0 ? [node] : node.children.flatMap(leavesOf);
}

type Shown = Pick<JudgePrompt, "instructions" | "data" | "elided">;

async function promptFor<Data>(trial: JudgedTrial<Data>, evidence: string, budget: number): Promise<Shown> {
  const { question, submission } = textsOf(trial);
  if (evidence !== "transcript") return { instructions: INSTRUCTIONS, ...shownTexts({ task: question, work: submission }, { budget }) };
  const { text, elided } = renderTranscript(await trial.transcript(), budget);
  return { instructions: `${INSTRUCTIONS}\n${HOW_TO_READ_STEPS}`, data: [{ name: "work", text }], ...(elided && { elided }) };
}

const MET = yesNoFormat({ yes: "the requirement is met", no: "it is not met, or not wholly" });
const PERCENT = scoreFormat({ low: 0, high: 100 });

function questionOf({ id, requirement, within, parts }: JudgedNode, shown: Shown): JudgeQuestion {
  const place = within.length === 0 ? "" : `It is a part of: ${within.join(" → ")}\n`;
  if (parts.length === 0) {
    return {
      id,
      prompt: { ...shown, reminder: `${place}The requirement:\n${requirement}\n\nDoes the work meet it?` },
      answer: MET,
      read: ({ verdict }) => ({ label: null, value: verdict === "yes" ? 1 : 0 }),
    };
  }
  return {
    id,
    prompt: {
      ...shown,
      reminder: `${place}The requirement, made up of weighted parts:\n${requirement}\n${outline(parts, "")}\n\nHow much of it does the work meet, in percent? Decide on each part that has no parts of its own, 0 or 100, and take means by weight upwards.`,
    },
    answer: PERCENT,
    read: ({ score: percent }) => ({ label: null, value: Number(percent) / 100 }),
  };
}

function outline(parts: readonly Requirement[], indent: string): string {
  return parts
    .map(({ requirement, weight = 1, children = [] }) => {
      const line = `${indent}- (weight ${weight}) ${requirement}`;
      return children.length === 0 ? line : `${line}\n${outline(children, `${indent}  `)}`;
    })
    .join("\n");
}

function scored(node: JudgedNode, answers: readonly JudgeAnswer[]): RubricNode {
  const { weight, children, id } = node;
  if (children.length === 0) return { weight, score: valueOf(id, answers) };
  return { weight, children: children.map((child) => scored(child, answers)) };
}

function valueOf(id: string, answers: readonly JudgeAnswer[]): number | null {
  return answers.find(({ question }) => question === id)?.value ?? null;
}

/** Every built-in kind of judge, played over fixed trials: what it asks and what it makes of the answers is held to a number that names passes. */
import { readdir } from "node:fs/promises";
import { expect, test } from "vitest";
import { z } from "zod";
import type { JudgedTrial, JudgeScorer } from "../../../src/core/judge.ts";
import { hashOf } from "../../../src/core/json.ts";
import { fingerprintOf } from "../../../src/run/judges/question-key.ts";
import { criteria } from "../../../src/scoring/judges/criteria.ts";
import { referenceQa } from "../../../src/scoring/judges/reference-qa.ts";
import { rubricTree } from "../../../src/scoring/judges/rubric-tree.ts";
import { trajectory } from "../../../src/scoring/judges/trajectory.ts";
import { answerSchemaOf, JUDGING_VERSION } from "../../../src/scoring/judging/render-prompt.ts";
import { playJudge, trialOf } from "../../scoring/judging/scripted-judge.ts";

/** What the kinds were when the version was raised last. */
const KNOWN = {
  version: 1,
  kinds: {
    citations: "ebb876e6d0249d3c",
    criteria: "5250140df2998ef9",
    "criteria, together": "f5592b82f1bc8a43",
    facts: "c477e7be16c4267b",
    "multi-class": "fa5e7b8778347af9",
    pairwise: "8e68514fa39519e6",
    "reference-qa": "8acde6a66cfeb728",
    "reference-qa, committed first": "5e6801b97ad30e8d",
    rubric: "70bafc36d728b630",
    "rubric-tree": "aebf94633dd8304b",
    "rubric-tree, of a sandbox": "1a80bcc428f84b0f",
    "rubric-tree, of a transcript": "ac138bc15392755d",
    safety: "2ff3b93e3cbd21fb",
    "sandbox-look": "dba4b16453a73c8c",
    simpleqa: "662ccfe8c5c019f4",
    trajectory: "f1035019891bd57d",
    "trajectory, in parts": "3283e335c1be69ff",
  },
};

const folder = new URL("../../../src/scoring/judges/", import.meta.url);
const files = (await readdir(folder)).filter((name) => name.endsWith(".ts")).toSorted();

/** Kinds as they are by default, and those options that ask otherwise. */
async function allKinds(): Promise<Record<string, JudgeScorer>> {
  const byDefault = await Promise.all(
    files.map(async (file) => [file.replace(".ts", ""), ((await import(new URL(file, folder).href)) as { default: JudgeScorer }).default]),
  );
  return {
    ...(Object.fromEntries(byDefault) as Record<string, JudgeScorer>),
    "reference-qa, committed first": referenceQa({ commitsFirst: true }) as JudgeScorer,
    "criteria, together": criteria({ asking: "together" }) as JudgeScorer,
    "rubric-tree, of a sandbox": rubricTree({ evidence: "sandbox" }) as JudgeScorer,
    "rubric-tree, of a transcript": rubricTree({ evidence: "transcript" }) as JudgeScorer,
    "trajectory, in parts": trajectory({ long: "map-reduce", budget: 2_000 }) as JudgeScorer,
  };
}

function trialWith(output: string): JudgedTrial {
  return trialOf({
    instance: {
      id: "capital",
      data: {
        classes: ["right", "wrong"],
        class: "right",
        criteria: [
          { criterion: "names Paris", points: 5 },
          { criterion: "is rude", points: -2 },
        ],
        passages: ["Paris is the capital.", "Lyon is a city."],
        rubric: {
          requirement: "an answer",
          children: [
            { requirement: "names a city", weight: 2 },
            { requirement: "names Paris", weight: 1 },
          ],
        },
      },
    },
    output,
    opponent: "Paris, of course.",
    transcript: async () =>
      ["What is the capital?", "Let me think. ".repeat(100), "One more thought.", output].map((content, index) => ({
        step: index + 1,
        message: { role: index === 0 ? "user" : "assistant", content },
      })),
  });
}

/** Over what is shown of one text. */
const TRIALS = [
  trialWith("It is Paris [1]. Lyon is a city [1][2]. So it is."),
  trialWith(`It is Paris [1]. ${"and so on, ".repeat(20_000)}`),
];

const schemaSchema = z.looseObject({
  properties: z.record(z.string(), z.unknown()).optional(),
  enum: z.array(z.string()).optional(),
  type: z.string().optional(),
  items: z.unknown().optional(),
  minimum: z.number().optional(),
});

/** An answer of this form, with the nth of whatever can be chosen. */
function answerOf(given: unknown, nth: number): unknown {
  const schema = schemaSchema.parse(given);
  if (schema.properties) return Object.fromEntries(Object.entries(schema.properties).map(([key, value]) => [key, answerOf(value, nth)]));
  if (schema.enum) return schema.enum[nth % schema.enum.length];
  if (schema.type === "array") return [answerOf(schema.items, nth), answerOf(schema.items, nth + 1)];
  if (schema.type === "boolean") return nth % 2 === 0;
  return schema.type === "string" ? "because" : nth + 1;
}

async function hashOfKind({ judge }: JudgeScorer): Promise<string> {
  const played: unknown[] = [];
  for (const trial of TRIALS) {
    for (const nth of [0, 1, 2]) {
      const { grade, answers } = await playJudge(judge, trial, (question) => {
        played.push(question.id, question.order, fingerprintOf(question).promptHash);
        // A part of a transcript may hold nothing; which steps it has, its schema does not say.
        if (question.answer.verdict === "findings") return JSON.stringify({ findings: [] });
        return JSON.stringify(answerOf(answerSchemaOf(question.answer), nth + Number(question.order === "swapped")));
      });
      played.push(answers, grade);
    }
  }
  return hashOf(played).slice(0, 16);
}

test("built-in kinds ask and grade as before: where they do not, raise JUDGING_VERSION (src/scoring/judging/render-prompt.ts) and write the new hashes here", async () => {
  const kinds: Record<string, string> = {};
  for (const [name, scorer] of Object.entries(await allKinds())) kinds[name] = await hashOfKind(scorer);
  // Finished passes of before would be taken for theirs.
  expect({ version: JUDGING_VERSION, kinds }).toEqual(KNOWN);
});

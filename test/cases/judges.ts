/** The case tables' names of what is computed of judges: their arithmetic, agreement, quality and correction, and what of ours answers them. */
import { z } from "zod";
import { gEval, gEvalSamples } from "../../src/scoring/statistics/judged/g-eval.ts";
import { healthBench, healthBenchMean } from "../../src/scoring/statistics/judged/health-bench.ts";
import { lengthControlled } from "../../src/scoring/statistics/judged/length-controlled.ts";
import { majority } from "../../src/scoring/statistics/judged/majority.ts";
import { rubricTree, type RubricNode } from "../../src/scoring/statistics/judged/rubric-tree.ts";
import { swapVerdict } from "../../src/scoring/statistics/judged/swap-verdict.ts";
import { winRate } from "../../src/scoring/statistics/judged/win-rate.ts";
import { OUTCOMES, simpleqaMetrics } from "../../src/scoring/simpleqa-metrics.ts";
import { cohenKappa, weightedKappa } from "../../src/scoring/statistics/agreement/cohen-kappa.ts";
import { fleissKappa } from "../../src/scoring/statistics/agreement/fleiss-kappa.ts";
import { gwetAC1 } from "../../src/scoring/statistics/agreement/gwet-ac1.ts";
import { krippendorffAlpha } from "../../src/scoring/statistics/agreement/krippendorff-alpha.ts";
import { ppiMean } from "../../src/scoring/statistics/correction/ppi.ts";
import { judgeAdjustedCI, roganGladen } from "../../src/scoring/statistics/correction/rogan-gladen.ts";
import { judgeConfusion } from "../../src/scoring/statistics/judge-quality/confusion.ts";
import { condorcet, panelEffectiveVotes } from "../../src/scoring/statistics/judge-quality/panel.ts";
import { positionBias } from "../../src/scoring/statistics/judge-quality/position-bias.ts";
import { probBetter } from "../../src/scoring/statistics/prob-better.ts";
import { named, on, type CaseFunction } from "./adapt.ts";

const numbers = z.array(z.number());
const nullableNumbers = z.array(z.number().nullable());
const table = z.object({ table: z.array(numbers) });
const pairVerdict = z.enum(["A", "B", "tie", "error"]);
const share = z.object({ p: z.number(), q0: z.number(), q1: z.number() });

const rubricNode: z.ZodType<RubricNode> = z.lazy(() =>
  z.union([
    z.object({ w: z.number(), sub: z.array(rubricNode) }).transform(({ w, sub }) => ({ weight: w, children: sub })),
    z.object({ w: z.number(), score: z.number().nullable() }).transform(({ w, score }) => ({ weight: w, score })),
  ]),
);

export const judges: Record<string, CaseFunction> = {
  cohenKappa: on(table, (input) => cohenKappa(input.table)),
  weightedKappa: on(table.extend({ weights: z.enum(["linear", "quadratic"]) }), (input) => weightedKappa(input.table, input.weights)),
  gwetAC1: on(table, (input) => gwetAC1(input.table)),
  fleissKappa: on(z.object({ counts: z.array(numbers) }), ({ counts }) => fleissKappa(counts)),
  krippendorffAlpha: on(
    z.object({ units: z.array(nullableNumbers), level: z.enum(["nominal", "ordinal", "interval", "ratio"]) }),
    ({ units, level }) => krippendorffAlpha(units, level),
  ),
  judgeConfusion: on(z.object({ tp: z.number(), fp: z.number(), fn: z.number(), tn: z.number() }), (counts) => judgeConfusion(counts)),
  panelEffectiveVotes: on(z.object({ judges: z.number(), meanErrorCorrelation: z.number() }), panelEffectiveVotes),
  condorcet: on(z.object({ judges: z.number(), accuracy: z.number() }), condorcet),
  positionBias: on(z.object({ pairs: z.array(z.tuple([pairVerdict, pairVerdict])) }), ({ pairs }) => positionBias(pairs)),
  roganGladen: on(share, roganGladen),
  judgeAdjustedCI: on(share.extend({ n: z.number(), m0: z.number(), m1: z.number() }), (counts) => named(judgeAdjustedCI(counts))),
  ppiMean: on(
    z.object({
      human: numbers,
      judgeOnHuman: numbers,
      judgeOnRest: numbers,
      lambda: z.union([z.number(), z.literal("auto")]),
      level: z.number(),
    }),
    ({ lambda, level, ...slice }) => {
      const result = ppiMean(slice, { lambda, level });
      return result && { ...result, ...named(result.interval) };
    },
  ),
  majority: on(z.object({ votes: z.array(z.string().nullable()) }), ({ votes }) => majority(votes)),
  swapVerdict: on(z.object({ order12: pairVerdict, order21: pairVerdict }), swapVerdict),
  gEval: on(z.object({ probs: z.record(z.string(), z.number()) }), ({ probs }) =>
    gEval(Object.entries(probs).map(([score, probability]) => [Number(score), probability])),
  ),
  gEvalSamples: on(z.object({ samples: nullableNumbers }), ({ samples }) => gEvalSamples(samples).mean),
  healthBench: on(z.object({ items: z.array(z.tuple([z.number(), z.boolean()])) }), ({ items }) =>
    healthBench(items.map(([points, isMet]) => ({ points, isMet }))),
  ),
  healthBenchMean: on(z.object({ scores: nullableNumbers }), ({ scores }) => healthBenchMean(scores).clipped),
  rubricTree: on(z.object({ tree: rubricNode }), ({ tree }) => rubricTree(tree).score),
  simpleQA: on(z.object({ correct: z.number(), incorrect: z.number(), notAttempted: z.number() }), simpleqaNumbers),
  lengthControlled: on(z.object({ theta: z.number(), psi: z.number(), gamma: numbers, lenStd: numbers }), lengthControlled),
  winRate: on(z.object({ wins: z.number(), losses: z.number(), ties: z.number() }), winRate),
  probBetter: on(z.object({ diff: z.number(), stderr: z.number() }), probBetter),
};

/** What the metrics say of so many questions, each asked once. */
function simpleqaNumbers({ correct, incorrect, notAttempted }: { correct: number; incorrect: number; notAttempted: number }) {
  const outcomes = [
    ...Array.from({ length: correct }, () => OUTCOMES.correct),
    ...Array.from({ length: incorrect }, () => OUTCOMES.incorrect),
    ...Array.from({ length: notAttempted }, () => OUTCOMES.not_attempted),
  ];
  const questions = outcomes.map((outcome, index) => ({ instanceId: String(index), values: [outcome] }));
  const values = new Map(simpleqaMetrics({ score: "simpleqa" }).map(({ name, compute }) => [name, compute(questions).value]));
  return {
    correct: values.get("correct"),
    attempted: values.get("attempted"),
    accuracyGivenAttempted: values.get("accuracy given attempted"),
    f1: values.get("f1"),
  };
}

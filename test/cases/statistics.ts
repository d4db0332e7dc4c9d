/** The case tables' names of statistics, and what of ours answers them. */
import { z } from "zod";
import { designEffect, stderrClustered } from "../../src/scoring/statistics/clusters.ts";
import { normalCdf, normalQuantile, tQuantile } from "../../src/scoring/statistics/distributions.ts";
import { epochsDecompose, epochsPredictStderr } from "../../src/scoring/statistics/epochs.ts";
import { parseFailureBounds } from "../../src/scoring/statistics/failures.ts";
import { ciNormal, ciT, clopperPearson, wilson } from "../../src/scoring/statistics/intervals.ts";
import {
  bitsPerByte,
  bitsPerByteCorpus,
  brier,
  bytePerplexity,
  mcPick,
  tokenPerplexity,
  wordPerplexity,
} from "../../src/scoring/statistics/likelihood.ts";
import { passAtK, passAtKMean, passHatK, passHatKMean } from "../../src/scoring/statistics/pass-at-k.ts";
import { suiteMacro, suiteMicro } from "../../src/scoring/statistics/suite.ts";
import { meanStderr } from "../../src/scoring/statistics/summary.ts";
import { named, on, type CaseFunction } from "./adapt.ts";

const numbers = z.array(z.number());
const perQuestion = z.object({ scores: z.array(numbers) });
const successes = z.object({ successes: z.number(), n: z.number(), level: z.number() });
const values = z.object({ values: numbers, level: z.number() });
const attempts = z.object({ n: z.number(), c: z.number(), k: z.number() });
const tasksOfAttempts = z.object({ tasks: z.array(z.tuple([z.number(), z.number()])), k: z.number() });
const docs = z.object({ docs: z.array(z.tuple([z.number(), z.number()])) });
const tasks = z.object({ tasks: z.array(z.object({ mean: z.number(), stderr: z.number(), n: z.number() })) });

const ofQuestionMeans = on(perQuestion, ({ scores }) => epochsDecompose(scores).stderr);

export const statistics: Record<string, CaseFunction> = {
  normalQuantile: on(z.object({ p: z.number() }), ({ p }) => normalQuantile(p)),
  normalCdf: on(z.object({ z: z.number() }), (input) => normalCdf(input.z)),
  tQuantile: on(z.object({ p: z.number(), df: z.number() }), ({ p, df }) => tQuantile(p, df)),
  meanStderr: on(z.object({ values: numbers }), (input) => meanStderr(input.values)),
  stderrBernoulliIdentity: on(
    z.object({ n: z.number(), correct: z.number() }),
    ({ n, correct }) => meanStderr(Array.from({ length: n }, (_value, index) => (index < correct ? 1 : 0))).stderr,
  ),
  ciT: on(values, (input) => named(ciT(input.values, input.level))),
  ciNormal: on(values, (input) => named(ciNormal(input.values, input.level))),
  wilson: on(successes, (input) => named(wilson(input.successes, input.n, input.level))),
  clopperPearson: on(successes, (input) => named(clopperPearson(input.successes, input.n, input.level))),
  stderrClustered: on(z.object({ values: numbers, clusters: z.array(z.string()), smallSample: z.boolean() }), (input) =>
    stderrClustered(input.values, input.clusters, { smallSample: input.smallSample }),
  ),
  designEffect: on(z.object({ m: z.number(), icc: z.number() }), ({ m, icc }) => designEffect(m, icc)),
  epochsDecompose: on(perQuestion, ({ scores }) => epochsDecompose(scores)),
  epochsEqualsClustered: on(perQuestion, ({ scores }) =>
    stderrClustered(
      scores.flat(),
      scores.flatMap((question, index) => question.map(() => String(index))),
    ),
  ),
  epochsNaiveStderr: ofQuestionMeans,
  epochsPredictStderr: on(z.object({ between: z.number(), within: z.number(), n: z.number(), epochs: z.number() }), epochsPredictStderr),
  epochsUnequal: on(perQuestion, ({ scores }) => epochsDecompose(scores)),
  passAtK: on(attempts, ({ n, c, k }) => passAtK(n, c, k)),
  passHatK: on(attempts, ({ n, c, k }) => passHatK(n, c, k)),
  passHatKPlugin: on(attempts, ({ n, c, k }) => passHatK(n, c, k)),
  passAtKMean: on(tasksOfAttempts, (input) => passAtKMean(input.tasks, input.k)),
  passHatKMean: on(tasksOfAttempts, (input) => passHatKMean(input.tasks, input.k)),
  bitsPerByte: on(z.object({ logprobSum: z.number(), text: z.string() }), (input) => bitsPerByte(input.logprobSum, input.text)),
  bitsPerByteCorpus: on(docs.extend({ weighting: z.enum(["byte", "instance"]) }), (input) =>
    bitsPerByteCorpus(input.docs, input.weighting),
  ),
  wordPerplexity: on(docs, (input) => wordPerplexity(input.docs)),
  bytePerplexity: on(docs, (input) => bytePerplexity(input.docs)),
  tokenPerplexity: on(z.object({ logprobs: numbers }), (input) => tokenPerplexity(input.logprobs)),
  mcPick: on(
    z.object({
      logprobs: numbers,
      norm: z.enum(["none", "char", "byte", "token", "uncond"]),
      choices: z.array(z.string()).default([]),
      tokens: numbers.default([]),
      uncond: numbers.default([]),
    }),
    mcPick,
  ),
  brier: on(z.object({ logprobs: numbers, gold: z.number() }), (input) => brier(input.logprobs, input.gold)),
  suiteMacro: on(tasks, (input) => suiteMacro(input.tasks)),
  suiteMicro: on(tasks, (input) => suiteMicro(input.tasks)),
  parseFailureBounds: on(z.object({ correct: z.number(), incorrect: z.number(), failed: z.number() }), parseFailureBounds),
};

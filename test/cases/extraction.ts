/** The case tables' names of extractors, and what of ours answers them. */
import { z } from "zod";
import type { Json } from "../../src/core/json.ts";
import { lastBoxed, removeBoxed } from "../../src/scoring/extract/boxed.ts";
import { answerLetterInspect, answerLineInspect, mcqOlmo } from "../../src/scoring/extract/choice-letter.ts";
import { extractCodeOlmo, indentCodeOlmo } from "../../src/scoring/extract/code-olmo.ts";
import { bagF1, dropBest, dropNormalize, dropScore } from "../../src/scoring/extract/drop.ts";
import { gsm8kCotStrict, gsm8kExactMatch, gsm8kFlexible, gsm8kOlmo, gsm8kStrict } from "../../src/scoring/extract/gsm8k.ts";
import { assembleHumanEval, continueFence, cutAtStop, humanEvalProgram } from "../../src/scoring/extract/humaneval.ts";
import { hendrycksMatch, isEquivString, stripString } from "../../src/scoring/extract/math-hendrycks.ts";
import { minervaExtract, minervaNormalize, olmoMathAnswers } from "../../src/scoring/extract/math-minerva.ts";
import { mmluFlexible, mmluPro, mmluStrict } from "../../src/scoring/extract/mmlu.ts";
import { simpleF1, squadNormalize, squadScore } from "../../src/scoring/extract/squad.ts";
import { stripThinking, thinkAnswerOnly } from "../../src/scoring/extract/think.ts";
import { simpleqa } from "../../src/scoring/judges/simpleqa.ts";
import { healthBenchJson } from "../../src/scoring/judging/compat/health-bench.ts";
import { inspectGrade, neutralizeDelimiters } from "../../src/scoring/judging/compat/inspect.ts";
import { mtBenchPair, mtBenchSingle } from "../../src/scoring/judging/compat/mt-bench.ts";
import { olmoRubricScore } from "../../src/scoring/judging/compat/olmo-rubric.ts";
import { simpleqaOlmo, simpleqaSimpleEvals } from "../../src/scoring/judging/compat/simple-qa.ts";
import { parseReply } from "../../src/scoring/judging/parse-reply.ts";
import { runMarkedPython } from "../../src/scoring/scorers/marked-python.ts";
import { trialOf } from "../scoring/judging/scripted-judge.ts";
import { startLocalSandbox } from "../scoring/local-sandbox.ts";
import { on, type CaseFunction } from "./adapt.ts";

const ofText = (run: (text: string) => unknown) => on(z.object({ text: z.string() }), ({ text }) => run(text));
const problem = z.object({ prompt: z.string(), entry_point: z.string(), test: z.string() });
const response = z.object({ problem, response: z.string() });
const oneOrMore = z.union([z.string().transform((text) => [text]), z.array(z.string())]);

/** A function of ours gives null where the original raises. */
const orThrows = (value: unknown, error: string) => (value === null ? { throws: error } : value);

/** What our own judge of SimpleQA reads in a reply, in the letters of the tables; null for what is no verdict. */
async function simpleqaOurs(text: string): Promise<string | null> {
  const [question] = await simpleqa<Json>().judge.ask(trialOf(), []);
  const { answer } = question ? parseReply(question.answer, { text, finishReason: "stop" }) : { answer: null };
  return answer && question ? (question.read(answer).label?.toUpperCase() ?? null) : null;
}

async function runsThrough(program: string): Promise<boolean> {
  await using sandbox = await startLocalSandbox();
  const { value } = await runMarkedPython(sandbox, program, { timeoutMs: 20_000, signal: new AbortController().signal });
  return value === 1;
}

export const extraction: Record<string, CaseFunction> = {
  "gsm8k.strict": ofText(gsm8kStrict),
  "gsm8k.flexible": ofText(gsm8kFlexible),
  "gsm8k.cotStrict": ofText(gsm8kCotStrict),
  "gsm8k.exactMatch": on(z.object({ pred: z.string(), reference: z.string() }), ({ pred, reference }) =>
    gsm8kExactMatch(pred, reference) ? 1 : 0,
  ),
  "gsm8k.olmoLastNumber": ofText(gsm8kOlmo),
  "mmlu.strict": ofText(mmluStrict),
  "mmlu.flexible": on(z.object({ text: z.string(), choices: z.array(z.string()) }), ({ text, choices }) => mmluFlexible(text, choices)),
  "mmluPro.extract": ofText(mmluPro),
  "mcq.olmo": ofText(mcqOlmo),
  "answer.inspectLetter": ofText(answerLetterInspect),
  "answer.inspectLine": ofText(answerLineInspect),
  "think.strip": ofText(stripThinking),
  "think.answerOnly": ofText(thinkAnswerOnly),
  "math.lastBoxed": ofText(lastBoxed),
  "math.removeBoxed": ofText((text) => orThrows(removeBoxed(text), "AssertionError")),
  "math.stripString": ofText((text) => orThrows(stripString(text), "ValueError")),
  "math.isEquivString": on(z.object({ a: z.string(), b: z.string() }), ({ a, b }) => isEquivString(a, b)),
  "math.hendrycksProcess": on(z.object({ response: z.string(), solution: z.string() }), (input) =>
    hendrycksMatch(input.response, input.solution) ? 1 : 0,
  ),
  "math.minervaNormalize": ofText(minervaNormalize),
  "math.minervaExtract": ofText(minervaExtract),
  "math.olmoExtractAll": ofText(olmoMathAnswers),
  "drop.normalize": ofText(dropNormalize),
  "drop.emF1": on(z.object({ pred: oneOrMore, gold: oneOrMore }), ({ pred, gold }) => dropScore(pred, gold)),
  "drop.maxOverGolds": on(z.object({ pred: oneOrMore, golds: z.array(oneOrMore) }), ({ pred, golds }) => dropBest(pred, golds)),
  "squad.normalize": ofText(squadNormalize),
  "squad.emF1": on(z.object({ pred: z.string(), gold: z.string() }), ({ pred, gold }) => squadScore(pred, gold)),
  "f1.olmoSimple": on(z.object({ pred: z.string(), gold: z.string() }), ({ pred, gold }) => simpleF1(pred, gold)),
  "f1.setBag": on(z.object({ pred: z.array(z.string()), gold: z.array(z.string()) }), ({ pred, gold }) =>
    bagF1(new Set(pred), new Set(gold)),
  ),
  "code.olmoExtract": ofText(extractCodeOlmo),
  "code.indent": on(z.object({ code: z.string() }), ({ code }) => indentCodeOlmo(code)),
  "humaneval.program": on(z.object({ problem, completion: z.string() }), async (input) => {
    const program = humanEvalProgram(input.problem, input.completion);
    return { program, passes: await runsThrough(program) };
  }),
  "humaneval.lmInstruct": on(response, (input) => continueFence(input.problem, input.response)),
  "humaneval.stop": on(z.object({ text: z.string(), stop: z.array(z.string()) }), ({ text, stop }) => cutAtStop(text, stop)),
  "humaneval.assemble": on(response, async (input) => ({ passes: await runsThrough(assembleHumanEval(input.problem, input.response)) })),
  "humaneval.olmoFullFunctionReply": on(response, async (input) => {
    const program = assembleHumanEval(input.problem, input.response);
    return { program, passes: await runsThrough(program) };
  }),
  "judge.inspectGrade": on(z.object({ text: z.string(), partialCredit: z.boolean() }), ({ text, ...options }) =>
    inspectGrade(text, options),
  ),
  "judge.neutralizeDelimiters": ofText(neutralizeDelimiters),
  "judge.simpleqaParse": ofText(async (text) => ({
    olmo: simpleqaOlmo(text),
    simpleEvals: simpleqaSimpleEvals(text),
    target: await simpleqaOurs(text),
  })),
  "judge.olmoRubricScore": on(z.object({ text: z.string(), max: z.number() }), ({ text, ...options }) => olmoRubricScore(text, options)),
  "judge.mtBenchPair": ofText(mtBenchPair),
  "judge.mtBenchSingle": ofText(mtBenchSingle),
  "judge.healthBenchJson": ofText(healthBenchJson),
};

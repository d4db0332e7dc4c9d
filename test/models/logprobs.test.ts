import fc from "fast-check";
import { expect, test, vi } from "vitest";
import { z } from "zod";
import type { AnswerFormat } from "../../src/core/judge.ts";
import { TOP_LOGPROBS, verdictProbabilities } from "../../src/models/logprobs.ts";
import openai from "../../src/models/providers/openai.ts";
import compatible from "../../src/models/providers/openai-compatible.ts";
import { scoreFormat, yesNoFormat } from "../../src/scoring/judging/answer-formats.ts";
import { completion, open, standIn, trial, user } from "./stand-in.ts";

/** A form of answer that reads the last `Score: n` where there is no JSON. */
function scores(...menu: number[]): AnswerFormat {
  return {
    schema: z.object({ explanation: z.string(), score: z.literal(menu) }),
    verdict: "score",
    inWords: "End with `Score: n`.",
    fromText(text) {
      const last = [...text.matchAll(/Score:\s*(\d+)/g)].at(-1);
      return last && { score: Number(last[1]) };
    },
    tokens: Object.fromEntries(menu.map((value) => [String(value), value])),
  };
}

const words: AnswerFormat = {
  schema: z.object({ explanation: z.string(), verdict: z.enum(["yes", "no"]) }),
  verdict: "verdict",
  inWords: "End with `Verdict: yes` or `Verdict: no`.",
  fromText(text) {
    const last = [...text.matchAll(/Verdict:\s*(yes|no)\b/gi)].at(-1);
    return last && { verdict: last[1]?.toLowerCase() };
  },
  tokens: { yes: 1, no: 0 },
};

type Written = string | { token: string; bytes?: number[]; top: Record<string, number> };

/** A token as servers write it; probabilities instead of their logarithms. */
function token(written: Written) {
  const { token, bytes, top } = typeof written === "string" ? { token: written, bytes: undefined, top: { [written]: 1 } } : written;
  return {
    token,
    logprob: Math.log(top[token] ?? 1),
    bytes: bytes ?? [...Buffer.from(token)],
    top_logprobs: Object.entries(top).map(([name, p]) => ({ token: name, logprob: Math.log(p), bytes: [...Buffer.from(name)] })),
  };
}

function chat(...written: Written[]): string {
  const body = completion(written.map((item) => (typeof item === "string" ? item : item.token)).join(""));
  const [choice] = body.choices;
  return JSON.stringify({ ...body, choices: [{ ...choice, logprobs: { content: written.map(token), refusal: null } }] });
}

/** Numbers as they are printed: exp of a logarithm is not exact. */
function rounded(probabilities: Record<string, number> | undefined) {
  return probabilities && Object.fromEntries(Object.entries(probabilities).map(([name, p]) => [name, Number(p.toFixed(9))]));
}

const four = { token: "4", top: { "4": 0.6, "5": 0.25, " 4": 0.05, '"4"': 0.02, "3": 0.01, The: 0.01 } };

test("in JSON the token after the verdict's key is weighed, tokens in other clothes count, and nothing is normalised", () => {
  const body = chat('{"', "explanation", '":"', "Scores", " 4", " of", " ", "5", '","', "score", '":', four, "}");
  expect(rounded(verdictProbabilities(body, scores(1, 2, 3, 4, 5)))).toEqual({ 3: 0.01, 4: 0.67, 5: 0.25 });
});

test("in words it is the token after the last marker, also where the same token comes again after it", () => {
  const body = chat("Score", ":", " 4", " at", " first", ".\nScore", ":", { ...four, token: " 4" }, " (of", " 5", ", not", " 4", ")");
  expect(rounded(verdictProbabilities(body, scores(1, 2, 3, 4, 5)))).toEqual({ 3: 0.01, 4: 0.67, 5: 0.25 });
});

test("the forms that judges answer in are read with their own marks", () => {
  const score = chat(
    "It",
    " lacks",
    " 2",
    " things",
    ".\n",
    "**",
    "SCORE",
    ":**",
    { token: " 4", top: { " 4": 0.6, " 5": 0.3 } },
    "/",
    "5",
    "\n",
  );
  expect(rounded(verdictProbabilities(score, scoreFormat({ low: 1, high: 5 })))).toEqual({ 4: 0.6, 5: 0.3 });
  const yesNo = yesNoFormat({ yes: "it is", no: "it is not" });
  const verdict = chat("No", " doubt", ".\n", "VERDICT", ":", { token: " yes", top: { " yes": 0.7, " no": 0.2, " No": 0.05 } });
  expect(rounded(verdictProbabilities(verdict, yesNo))).toEqual({ yes: 0.7, no: 0.25 });
  const json = chat('{"', "explanation", '":"', "no", '","', "verdict", '":"', { token: "yes", top: { yes: 0.7, no: 0.3 } }, '"}');
  expect(rounded(verdictProbabilities(json, yesNo))).toEqual({ yes: 0.7, no: 0.3 });
});

test("case does not count where no other token on the menu differs by it alone", () => {
  const body = chat("Verdict", ":", { token: " Yes", top: { " Yes": 0.5, " yes": 0.2, " NO": 0.25 } });
  expect(rounded(verdictProbabilities(body, words))).toEqual({ yes: 0.7, no: 0.25 });
});

test("thoughts before the JSON and a character spread over two tokens change nothing", () => {
  const split = [
    { token: "\\xf0\\x9f\\x99", bytes: [0xf0, 0x9f, 0x99], top: {} },
    { token: "\\x82", bytes: [0x82], top: {} },
  ];
  const body = chat("<think>", "{", "4", "}", "</think>", '{"explanation": "', ...split, '", "score": ', four, "}");
  expect(rounded(verdictProbabilities(body, scores(3, 4, 5)))).toEqual({ 3: 0.01, 4: 0.67, 5: 0.25 });
});

test("OpenAI's responses are read, too, and what was sampled counts where it is not among the alternatives", () => {
  const logprobs = ['{"explanation":"","score":', { token: "2", top: { "2": 0.3, "1": 0.6 } }, "}"].map(token);
  const unlisted = logprobs.map((item) => ({ ...item, top_logprobs: item.top_logprobs.filter(({ token: name }) => name !== "2") }));
  const body = {
    output: [
      { type: "reasoning", summary: [] },
      { type: "message", content: [{ type: "output_text", logprobs: unlisted }] },
    ],
  };
  expect(rounded(verdictProbabilities(JSON.stringify(body), scores(1, 2, 3)))).toEqual({ 1: 0.6, 2: 0.3 });
});

test("where digits may be tokens of their own, a 1 is not taken for a 10", () => {
  const ten = scores(1, 2, 3, 4, 5, 6, 7, 8, 9, 10);
  const asked = (top: Record<string, number>) => verdictProbabilities(chat('{"explanation":"","score":', { token: "1", top }, "}"), ten);
  expect(asked({ "1": 0.6, "2": 0.1 })).toBeUndefined();
  expect(rounded(asked({ "1": 0.6, "10": 0.1 }))).toEqual({ 1: 0.6, 10: 0.1 });
  const split = chat('{"explanation":"","score":', { token: "1", top: { "1": 0.6, "10": 0.1 } }, "0", "}");
  expect(verdictProbabilities(split, ten)).toBeUndefined();
  // What is unlikely enough does not matter.
  const nine = chat('{"explanation":"","score":', { token: "9", top: { "9": 0.9, "8": 0.09, "1": 0.002 } }, "}");
  expect(rounded(verdictProbabilities(nine, ten))).toEqual({ 9: 0.9, 8: 0.09, 1: 0.002 });
  const signed = chat('{"explanation":"","score":', { token: "1", top: { "1": 0.6, "-": 0.3, "0": 0.1 } }, "}");
  expect(verdictProbabilities(signed, scores(-1, 0, 1))).toBeUndefined();
});

test.each([
  ["a body without probabilities", JSON.stringify(completion('{"explanation":"","score":4}'))],
  ["a body that is no JSON", "<html>"],
  ["an answer off the menu", chat('{"explanation":"","score":', { token: "7", top: { "7": 0.9, "4": 0.1 } }, "}")],
  ["no answer", chat("I", " cannot", " say", " 4")],
  ["another shape", JSON.stringify({ choices: [{ logprobs: { content: [{ token: 4 }] } }] })],
])("%s gives no probabilities", (_name, body) => {
  expect(verdictProbabilities(body, scores(3, 4, 5))).toBeUndefined();
});

test("a form of answer without short tokens gives none", () => {
  const { tokens: _, ...format } = scores(3, 4, 5);
  expect(verdictProbabilities(chat('{"explanation":"","score":', four, "}"), format)).toBeUndefined();
});

test("whatever is said around it and however it is spelled, the weights are those of the verdict's place", () => {
  const noise = fc.array(fc.constantFrom(" 1", "2", " good", "Score", " of", "\n", " {", "}", ", "), { maxLength: 8 });
  const spelled = fc.constantFrom("", " ", "**", '"', "\n").map((around) => (text: string) => `${around}${text}${around.trim()}`);
  const weights = fc.tuple(fc.integer({ min: 1, max: 97 }), fc.integer({ min: 1, max: 97 })).filter(([a, b]) => a + b < 100);
  fc.assert(
    fc.property(noise, noise, fc.constantFrom(1, 2, 3), spelled, weights, (before, after, score, spell, [own, other]) => {
      const second = score === 1 ? "2" : "1";
      const verdict = { token: ` ${score}`, top: { [` ${score}`]: own / 100, [spell(second)]: other / 100, maybe: 0.001 } };
      const body = chat(...before, "\nScore", ":", verdict, ".", ...after.filter((item) => item !== "Score"));
      expect(rounded(verdictProbabilities(body, scores(1, 2, 3)))).toEqual({ [score]: own / 100, [second]: other / 100 });
    }),
    { numRuns: 300 },
  );
});

test.each([
  ["openai-compatible/m", compatible, completion("4"), { logprobs: true, top_logprobs: 20 }],
  ["openai/gpt-4.1?api=chat", openai, completion("4"), { logprobs: true, top_logprobs: 20 }],
  ["openai/gpt-4.1", openai, undefined, { include: ["message.output_text.logprobs"], top_logprobs: 20, store: false }],
])("%s asks for as many alternatives as are wanted, and for none where none are", async (spec, provider, answer, asked) => {
  vi.stubEnv("OPENAI_API_KEY", "key");
  const item = {
    type: "message",
    role: "assistant",
    id: "m",
    status: "completed",
    content: [{ type: "output_text", text: "4", annotations: [] }],
  };
  const body = answer ?? { id: "r", created_at: 0, model: "m", output: [item], usage: { input_tokens: 1, output_tokens: 1 } };
  await using server = await standIn([{ body }]);
  await using model = await open(provider, spec, { baseURL: server.url });
  const call = { messages: [user("?")], tools: [], sampling: {}, signal: new AbortController().signal };
  await (await model.client.forTrial(trial())).call({ ...call, topLogprobs: TOP_LOGPROBS });
  await (await model.client.forTrial(trial())).call(call);
  vi.unstubAllEnvs();
  expect(server.received[0]?.json).toMatchObject(asked);
  expect(Object.keys(server.received[1]?.json ?? {})).not.toContain("top_logprobs");
});

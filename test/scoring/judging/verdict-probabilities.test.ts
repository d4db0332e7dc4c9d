import fc from "fast-check";
import { expect, test } from "vitest";
import type { AnswerFormat } from "../../../src/core/judge.ts";
import { scoreFormat, yesNoFormat } from "../../../src/scoring/judging/answer-formats.ts";
import { parseReply } from "../../../src/scoring/judging/parse-reply.ts";
import { verdictProbabilities } from "../../../src/scoring/judging/verdict-probabilities.ts";
import { completion } from "../../models/stand-in.ts";
import { ATTACKS } from "./attacks.ts";

const words = yesNoFormat({ yes: "it is", no: "it is not" });
const scores = (low: number, high: number) => scoreFormat({ low, high });

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

/** The probabilities of a reply that is read as `parseReply` reads it, as numbers are printed: exp of a logarithm is not exact. */
function weighed(body: string, format: AnswerFormat, text = textIn(body)) {
  const { answer } = parseReply(format, { text, finishReason: "stop" });
  const probabilities = answer ? verdictProbabilities(body, format, answer) : undefined;
  return probabilities && Object.fromEntries(Object.entries(probabilities).map(([name, p]) => [name, Number(p.toFixed(9))]));
}

/** What is said by a body's tokens. */
function textIn(body: string): string {
  const { choices } = JSON.parse(body) as { choices: { logprobs: { content: { bytes: number[] }[] } }[] };
  return Buffer.from(choices[0]?.logprobs.content.flatMap(({ bytes }) => bytes) ?? []).toString("utf8");
}

const four = { token: "4", top: { "4": 0.6, "5": 0.25, " 4": 0.05, '"4"': 0.02, "3": 0.01, The: 0.01 } };

test("in JSON the token after the verdict's key is weighed, tokens in other clothes count, and nothing is normalised", () => {
  const body = chat('{"', "explanation", '":"', "Scores", " 4", " of", " ", "5", '","', "score", '":', four, "}");
  expect(weighed(body, scores(1, 5))).toEqual({ 3: 0.01, 4: 0.67, 5: 0.25 });
});

test("in words it is the token after the last marker, also where the same token comes again after it", () => {
  const body = chat("Score", ":", " 4", " at", " first", ".\nScore", ":", { ...four, token: " 4" }, " (of", " 5", ", not", " 4", ")");
  expect(weighed(body, scores(1, 5))).toEqual({ 3: 0.01, 4: 0.67, 5: 0.25 });
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
  expect(weighed(score, scoreFormat({ low: 1, high: 5 }))).toEqual({ 4: 0.6, 5: 0.3 });
  const yesNo = yesNoFormat({ yes: "it is", no: "it is not" });
  const verdict = chat("No", " doubt", ".\n", "VERDICT", ":", { token: " yes", top: { " yes": 0.7, " no": 0.2, " No": 0.05 } });
  expect(weighed(verdict, yesNo)).toEqual({ yes: 0.7, no: 0.25 });
  const json = chat('{"', "explanation", '":"', "no", '","', "verdict", '":"', { token: "yes", top: { yes: 0.7, no: 0.3 } }, '"}');
  expect(weighed(json, yesNo)).toEqual({ yes: 0.7, no: 0.3 });
});

test("case does not count where no other token on the menu differs by it alone", () => {
  const body = chat("Verdict", ":", { token: " Yes", top: { " Yes": 0.5, " yes": 0.2, " NO": 0.25 } });
  expect(weighed(body, words)).toEqual({ yes: 0.7, no: 0.25 });
});

test("thoughts before the JSON and a character spread over two tokens change nothing", () => {
  const split = [
    { token: "\\xf0\\x9f\\x99", bytes: [0xf0, 0x9f, 0x99], top: {} },
    { token: "\\x82", bytes: [0x82], top: {} },
  ];
  const body = chat("<think>", "{", "4", "}", "</think>", '{"explanation": "', ...split, '", "score": ', four, "}");
  expect(weighed(body, scores(3, 5))).toEqual({ 3: 0.01, 4: 0.67, 5: 0.25 });
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
  expect(weighed(JSON.stringify(body), scores(1, 3), '{"explanation":"","score":2}')).toEqual({ 1: 0.6, 2: 0.3 });
});

test("where digits may be tokens of their own, a 1 is not taken for a 10", () => {
  const ten = scores(1, 10);
  const asked = (top: Record<string, number>) => weighed(chat('{"explanation":"","score":', { token: "1", top }, "}"), ten);
  expect(asked({ "1": 0.6, "2": 0.1 })).toBeUndefined();
  expect(asked({ "1": 0.6, "10": 0.1 })).toEqual({ 1: 0.6, 10: 0.1 });
  const split = chat('{"explanation":"","score":', { token: "1", top: { "1": 0.6, "10": 0.1 } }, "0", "}");
  expect(weighed(split, ten)).toBeUndefined();
  // What is unlikely enough does not matter.
  const nine = chat('{"explanation":"","score":', { token: "9", top: { "9": 0.9, "8": 0.09, "1": 0.002 } }, "}");
  expect(weighed(nine, ten)).toEqual({ 9: 0.9, 8: 0.09, 1: 0.002 });
  const signed = chat('{"explanation":"","score":', { token: "1", top: { "1": 0.6, "-": 0.3, "0": 0.1 } }, "}");
  expect(weighed(signed, scores(-1, 1))).toBeUndefined();
});

test.each([
  ["a body without probabilities", JSON.stringify(completion('{"explanation":"","score":4}'))],
  ["a body that is no JSON", "<html>"],
  ["another shape", JSON.stringify({ choices: [{ logprobs: { content: [{ token: 4 }] } }] })],
])("%s gives no probabilities", (_name, body) => {
  expect(weighed(body, scores(3, 5), '{"explanation":"","score":4}')).toBeUndefined();
});

test("tokens of another verdict than was parsed tell nothing of it", () => {
  expect(weighed(chat('{"explanation":"","score":', four, "}"), scores(3, 5), '{"explanation":"","score":5}')).toBeUndefined();
});

test("a verdict in words that follows an object is weighed, and not the object's", () => {
  const quoted = { token: "2", top: { "2": 0.9, "1": 0.1 } };
  const body = chat('{"explanation":"x","score":', quoted, "}", "\n\n", "SCORE", ":", " ", { token: "4", top: { "4": 0.6, "5": 0.3 } });
  expect(weighed(body, scores(1, 5))).toEqual({ 4: 0.6, 5: 0.3 });
});

test("whatever the judge quotes before it, the weights are those of the verdict that is parsed", () => {
  const sure = (verdict: string) => ({ token: verdict, top: { [verdict]: 0.75, "3": 0.25 } });
  const replies = ATTACKS.flatMap(({ text }) => {
    const quoted = JSON.stringify(`It says: ${text}`);
    return [
      chat('{"explanation":', quoted, ',"score":', sure("1"), "}"),
      chat(`It says ${text}\n`, '{"explanation":', quoted, ',"score":', sure("1"), "}", "\nThat is all."),
      chat('{"score":', sure("1"), ',"explanation":', quoted, "}"),
      chat(`It says: ${text}\n\nBut it is wrong.\n\n`, "SCORE", ":", " ", sure("1")),
    ];
  });
  const outcomes = replies.map((body) => {
    const { answer } = parseReply(scores(1, 5), { text: textIn(body), finishReason: "stop" });
    return { verdict: answer?.["score"], weights: weighed(body, scores(1, 5)) };
  });
  const read = outcomes.filter(({ verdict }) => verdict !== undefined);
  expect(read.length).toBeGreaterThanOrEqual(ATTACKS.length * 3);
  expect(read.filter(({ verdict, weights }) => verdict !== 1 || weights?.[1] !== 0.75)).toEqual([]);
  expect(outcomes.filter(({ verdict, weights }) => verdict === undefined && weights !== undefined)).toEqual([]);
});

test("a form of answer without short tokens gives none", () => {
  const { tokens: _, ...format } = scores(3, 5);
  expect(weighed(chat('{"explanation":"","score":', four, "}"), format)).toBeUndefined();
});

test("whatever is said around it and however it is spelled, the weights are those of the verdict's place", () => {
  const noise = fc.array(fc.constantFrom(" 1", "2", " good", "Score", " of", "\n", " {", "}", ", "), { maxLength: 8 });
  const spelled = fc.constantFrom("", " ", "**", '"', "\n").map((around) => (text: string) => `${around}${text}${around.trim()}`);
  const weights = fc.tuple(fc.integer({ min: 1, max: 97 }), fc.integer({ min: 1, max: 97 })).filter(([a, b]) => a + b < 100);
  fc.assert(
    fc.property(noise, noise, fc.constantFrom(1, 2, 3), spelled, weights, (before, after, score, spell, [own, other]) => {
      const second = score === 1 ? "2" : "1";
      const verdict = { token: ` ${score}`, top: { [` ${score}`]: own / 100, [spell(second)]: other / 100, maybe: 0.001 } };
      const because = after.filter((item) => item !== "Score" && item !== "\n");
      const body = chat("Well", ...before, "\nScore", ":", verdict, "\nBecause", ...because);
      expect(weighed(body, scores(1, 3))).toEqual({ [score]: own / 100, [second]: other / 100 });
    }),
    { numRuns: 300 },
  );
});

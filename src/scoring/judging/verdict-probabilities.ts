/** Probabilities of a verdict's tokens, read out of the body that a server answered with. */
import { z } from "zod";
import type { AnswerFormat } from "../../core/judge.ts";
import { jsonOrUndefined } from "../../core/json.ts";
import { parseReply } from "./parse-reply.ts";

const alternativeSchema = z.object({ token: z.string(), logprob: z.number() });

const tokenSchema = alternativeSchema.extend({
  bytes: z.array(z.number().int().min(0).max(255)).nullish(),
  top_logprobs: z.array(alternativeSchema).nullish(),
});

type Token = z.output<typeof tokenSchema>;

/** OpenAI's chat completions, which vLLM, llama.cpp and others write, too. */
const chatSchema = z.object({ choices: z.tuple([z.object({ logprobs: z.object({ content: z.array(tokenSchema) }) })], z.unknown()) });

/** OpenAI's responses: a list of items, some of which hold text. */
const responsesSchema = z.object({
  output: z.array(z.object({ content: z.array(z.object({ logprobs: z.array(tokenSchema).nullish() })).nullish() })),
});

/**
 * The probability of each of `format.tokens` at the place of the verdict, as far as the server told them: what it did not tell is left
 * out. Not normalised: what is missing from 1 went to tokens that are no verdict. `answer` is what `parseReply` read in the reply.
 * Undefined where the body has no probabilities, or where no single token is the verdict of that answer.
 */
export function verdictProbabilities(
  body: string,
  format: AnswerFormat,
  answer: Readonly<Record<string, unknown>>,
): Record<string, number> | undefined {
  const menu = format.tokens && readMenu(Object.keys(format.tokens));
  const tokens = menu && tokensOf(body);
  if (!menu || !tokens) return undefined;
  const token = verdictToken(tokens, { menu, format, verdict: String(answer[format.verdict]) });
  return token && menuProbabilities(token, menu);
}

function tokensOf(body: string): Token[] | undefined {
  const parsed = jsonOrUndefined(body);
  const chat = chatSchema.safeParse(parsed).data;
  if (chat) return chat.choices[0].logprobs.content;
  const tokens = responsesSchema
    .safeParse(parsed)
    .data?.output.flatMap(({ content }) => content ?? [])
    .flatMap(({ logprobs }) => logprobs ?? []);
  return tokens?.length ? tokens : undefined;
}

interface Menu {
  tokens: readonly string[];
  /** The menu's token that a server's token stands for. */
  read(token: string): string | undefined;
}

const AROUND = /^[\s"'`*:([{]+|[\s"'`*.,:)\]}]+$/g;

/** Signs around a token do not count, and neither does case, where the menu stays unambiguous without it. */
function readMenu(tokens: readonly string[]): Menu {
  const lower = new Map(tokens.map((token) => [token.toLowerCase(), token]));
  const isUnambiguous = lower.size === tokens.length;
  return {
    tokens,
    read(written) {
      const token = written.replaceAll(AROUND, "");
      return tokens.includes(token) ? token : isUnambiguous ? lower.get(token.toLowerCase()) : undefined;
    },
  };
}

/** The token that makes the verdict: the last on the menu in whose place another would have made another verdict. */
function verdictToken(
  tokens: readonly Token[],
  { menu, format, verdict }: { menu: Menu; format: AnswerFormat; verdict: string },
): Token | undefined {
  const other = menu.tokens.find((token) => token !== verdict);
  if (other === undefined || verdictIn(textOf(tokens), format) !== verdict) return undefined;
  return tokens.findLast((token, index) => {
    if (menu.read(token.token) !== verdict) return false;
    // Signs around it stay where they are.
    const start = token.token.toLowerCase().indexOf(verdict.toLowerCase());
    const changed = { ...token, token: token.token.slice(0, start) + other + token.token.slice(start + verdict.length), bytes: null };
    return verdictIn(textOf(tokens.with(index, changed)), format) === other;
  });
}

/** A character can be spread over several tokens: their bytes make the text. */
function textOf(tokens: readonly Token[]): string {
  return Buffer.concat(tokens.map(({ token, bytes }) => (bytes ? Buffer.from(bytes) : Buffer.from(token, "utf8")))).toString("utf8");
}

function verdictIn(text: string, format: AnswerFormat): string | undefined {
  const { answer } = parseReply(format, { text, finishReason: "stop" });
  return answer === null ? undefined : String(answer[format.verdict]);
}

/** What may be the beginning of a verdict that is written in several tokens can take so much of the probability before the rest is wrong. */
const MOST_UNCERTAIN = 0.01;

/** Several tokens may stand for one of the menu (`4`, ` 4`): their probabilities add up. */
function menuProbabilities(verdict: Token, menu: Menu): Record<string, number> | undefined {
  const alternatives = new Map((verdict.top_logprobs ?? []).map(({ token, logprob }) => [token, Math.exp(logprob)]));
  alternatives.set(verdict.token, Math.exp(verdict.logprob));
  const probabilities: Record<string, number> = {};
  for (const [token, probability] of alternatives) {
    const read = menu.read(token);
    if (read !== undefined) probabilities[read] = (probabilities[read] ?? 0) + probability;
  }
  // A `1` where digits are tokens of their own may become a `10`, a `-` a `-1`: only a `10` seen as one token tells that it does not.
  const unseen = menu.tokens.filter((token) => !(token in probabilities));
  const uncertain = [...alternatives].filter(([written]) => {
    const token = written.replaceAll(AROUND, "");
    return token !== "" && unseen.some((longer) => longer !== token && longer.startsWith(token));
  });
  const mass = uncertain.reduce((sum, [, probability]) => sum + probability, 0);
  return mass > MOST_UNCERTAIN ? undefined : probabilities;
}

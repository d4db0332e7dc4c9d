/** What a failed attempt was, read from what went over the wire rather than from a provider's own error types. */
import { STATUS_CODES } from "node:http";
import type { Exchange } from "./transport.ts";
import { retryAfterMs } from "./retry-after.ts";

type FailureKind =
  /** Nothing listens there, or the name or network is unknown. */
  | "unreachable"
  /** The connection broke or gave no answer in time. */
  | "connection"
  /** A rate limit or an overloaded server that asks for fewer calls. */
  | "rate-limited"
  /** 408, 409 and 5xx. */
  | "server"
  /** A success that is not a completion. */
  | "bad-response"
  | "unauthorized"
  /** The conversation is longer than the model's context. */
  | "context"
  /** Any other refusal; asking again would not help. */
  | "rejected";

export interface Failure {
  kind: FailureKind;
  status: number | null;
  message: string;
  /** What the server asked to wait, in milliseconds. */
  retryAfterMs: number | undefined;
}

const UNREACHABLE_CODES = new Set(["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH", "ENETUNREACH", "UND_ERR_CONNECT_TIMEOUT"]);
const OVERLOADED = 529;

/** Reads a failure from the exchange it left; `error` is what the AI SDK threw over it. */
export function failureOf(error: unknown, exchange: Exchange, now: Date): Failure {
  const { status, failure } = exchange;
  if (failure)
    return {
      kind: UNREACHABLE_CODES.has(failure.code) ? "unreachable" : "connection",
      status: null,
      message: `${failure.message} (${failure.code})`,
      retryAfterMs: undefined,
    };
  const message = error instanceof Error && error.message !== "" ? error.message : `${STATUS_CODES[status ?? 0] ?? "unknown error"}`;
  if (status === null) return { kind: "rejected", status, message, retryAfterMs: undefined };
  const wait = retryAfterMs(exchange.headers, now);
  return { kind: kindOf(status, wait, readablePart(exchange.responseBody)), status, message, retryAfterMs: wait };
}

const ABOUT_WHO_ASKS = /api[ _-]?key|authenticat|authoriz|credential|permission|access denied|token/i;

function kindOf(status: number, wait: number | undefined, body: string): FailureKind {
  if (status >= 200 && status < 300) return "bad-response";
  // A 403 is about this one request where it does not speak of who asks: a content policy, say.
  if (status === 401 || (status === 403 && ABOUT_WHO_ASKS.test(body))) return "unauthorized";
  // An exhausted quota comes as a 429 too, and no waiting helps.
  if (status === 429) return body.includes("insufficient_quota") ? "rejected" : "rate-limited";
  if (status === OVERLOADED || (status === 503 && wait !== undefined)) return "rate-limited";
  if ((status === 400 || status === 413 || status === 422 || status === 500) && isContextOverflow(body)) return "context";
  if (status === 408 || status === 409 || status >= 500) return "server";
  return "rejected";
}

/** How OpenAI, vLLM, llama.cpp, LiteLLM, Anthropic, Google, Mistral and TGI say that a conversation is too long. */
const CONTEXT_OVERFLOW =
  /context_length_exceeded|exceed_context_size|ContextWindowExceeded|maximum context length|maximum model length|exceeds? the (?:available )?context|exceed context limit|prompt is too long|input token count[^"]*exceeds the maximum|too large for model with \d+ maximum context|`inputs` tokens \+ `max_new_tokens` must be/i;

function isContextOverflow(body: string): boolean {
  return CONTEXT_OVERFLOW.test(body);
}

const NUMBER = "(\\d[\\d,]*)";
/** Value and maximum in the sentences of the servers above; the first that matches counts. */
const OVERFLOW_NUMBERS: { pattern: RegExp; value: number; maximum: number }[] = [
  {
    pattern: new RegExp(`maximum context length is ${NUMBER} tokens.*?(?:resulted in|requested|contains(?: at least)?) ${NUMBER}`, "is"),
    value: 2,
    maximum: 1,
  },
  { pattern: new RegExp(`length (?:of )?${NUMBER}\\)? is longer than the maximum model length of ${NUMBER}`, "is"), value: 1, maximum: 2 },
  { pattern: new RegExp(`${NUMBER} tokens > ${NUMBER} maximum`, "i"), value: 1, maximum: 2 },
  { pattern: new RegExp(`context limit: ${NUMBER} \\+ \\d+ > ${NUMBER}`, "i"), value: 1, maximum: 2 },
  {
    pattern: new RegExp(`token count \\(${NUMBER}\\) exceeds the maximum number of tokens allowed \\(${NUMBER}\\)`, "i"),
    value: 1,
    maximum: 2,
  },
  { pattern: new RegExp(`"n_prompt_tokens":\\s*${NUMBER},\\s*"n_ctx":\\s*${NUMBER}`, "i"), value: 1, maximum: 2 },
  { pattern: new RegExp(`contains ${NUMBER} tokens.*?${NUMBER} maximum context length`, "is"), value: 1, maximum: 2 },
];

/** The part of an error body that is searched; a hostile one may be long. */
function readablePart(body: string | null): string {
  return (body ?? "").slice(0, 8000);
}

/** Tokens sent and tokens allowed, as the server put it; 0 where it did not say. */
export function overflowNumbers(responseBody: string | null): { value: number; maximum: number } {
  const body = readablePart(responseBody);
  for (const { pattern, value, maximum } of OVERFLOW_NUMBERS) {
    const match = pattern.exec(body);
    if (match) return { value: tokenCount(match[value]), maximum: tokenCount(match[maximum]) };
  }
  return { value: 0, maximum: 0 };
}

function tokenCount(text = "0"): number {
  return Number(text.replaceAll(",", ""));
}

/** Errors of a model call. What was learned before it failed (bodies, retries, times) is on the error too. */
import { AssayError, type ErrorCode } from "../core/errors.ts";
import { LimitReached } from "../core/limits.ts";
import type { Retry } from "../core/model.ts";
import { type Failure, overflowNumbers } from "./failure.ts";

/** What a failed call leaves for the trace; the bodies are the last attempt's. */
export interface FailedCall {
  requestBody: string | null;
  responseBody: string | null;
  retries: Retry[];
  latencyMs: number;
  waitedMs: number;
}

/** A model call that failed for good. */
export class ModelCallError extends AssayError {
  readonly call: FailedCall;

  constructor(code: ErrorCode, message: string, options: { hint: string; call: FailedCall; cause: unknown }) {
    super(code, message, options);
    this.call = options.call;
  }
}

/** The conversation is longer than the model's context: a limit of the trial, not an error. Its numbers are 0 where the server named none. */
export class ContextOverflow extends LimitReached {
  readonly call: FailedCall;

  constructor(call: FailedCall) {
    const { value, maximum } = overflowNumbers(call.responseBody);
    super("context", value, maximum);
    this.call = call;
  }
}

/** The call that an error ended, for the trace; undefined for errors of other kinds. */
export function failedCallOf(error: unknown): FailedCall | undefined {
  return error instanceof ModelCallError || error instanceof ContextOverflow ? error.call : undefined;
}

export interface FailedModel {
  /** The spec as the user wrote it. */
  model: string;
  /** The environment variable of its key. */
  keyVariable: string | undefined;
  /** Where the last attempt went, without its query. */
  url: string;
}

/** The error that a failed call ends in. `reason` says why it was not tried again. */
export function callError(
  failure: Failure,
  call: FailedCall,
  at: FailedModel,
  reason: string | undefined,
  cause: unknown,
): ModelCallError | ContextOverflow {
  if (failure.kind === "context") return new ContextOverflow(call);
  const { code, said, hint } = explain(failure, at);
  const tries = call.retries.length === 0 ? "" : ` (tried ${call.retries.length + 1} times)`;
  return new ModelCallError(code, `${said}${tries}${reason === undefined ? "" : `; ${reason}`}.`, { hint, call, cause });
}

function explain(failure: Failure, { model, keyVariable, url }: FailedModel): { code: ErrorCode; said: string; hint: string } {
  const message = failure.message.replaceAll(/\s+/g, " ").trim().replace(/\.$/, "").slice(0, 500);
  const key = keyVariable === undefined ? "Set the provider's API key." : `Set ${keyVariable} to a valid key.`;
  switch (failure.kind) {
    case "unreachable":
      return {
        code: "model/unreachable",
        said: `${model}: no server answers at ${url}: ${message}`,
        hint: "Start the server, or set its address: -o provider.baseURL=URL (openai-compatible: OPENAI_COMPATIBLE_BASE_URL).",
      };
    case "connection":
      return {
        code: "model/disconnected",
        said: `${model}: the connection to ${url} failed: ${message}`,
        hint: "Look at the server's log, or allow it more time: -o provider.timeoutMs=…",
      };
    case "rate-limited":
    case "server":
      return {
        code: "model/overloaded",
        said: `${model}: HTTP ${failure.status}: ${message}`,
        hint: "Resume the run later, or lower the load: -o provider.concurrency=4",
      };
    case "bad-response":
      return {
        code: "model/bad-response",
        said: `${model}: ${url} answered with something that is not a completion: ${message}`,
        hint: "Check that the address is an API root, often ending in /v1: -o provider.baseURL=URL",
      };
    case "unauthorized":
      return { code: "model/unauthorized", said: `${model}: HTTP ${failure.status}: ${message}`, hint: key };
    default:
      return {
        code: "model/rejected",
        said: `${model}: ${failure.status === null ? "" : `HTTP ${failure.status}: `}${message}`,
        hint: rejectedHint(failure.status, url),
      };
  }
}

function rejectedHint(status: number | null, url: string): string {
  if (status === 404) return `Check the model's name, and that ${url} is the right path: -o provider.baseURL=URL`;
  if (status === 429 || status === 402) return "Add credit at the provider, or use another key.";
  if (status !== null && status >= 300 && status < 400)
    return "The server redirects: give the address it redirects to, -o provider.baseURL=URL";
  return "See the request in the trace, and change the options it complains about.";
}

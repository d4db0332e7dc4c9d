/** Calls to an engine that is slow, hangs, or is down for a moment: none waits for ever, and a restart is waited for. */
import type Docker from "dockerode";
import { pause } from "../stop.ts";

/** An engine that answers at all answers this soon, on a loaded machine too. */
const ANSWER_MS = 60_000;
/** Calls that move images and folders. */
const LONG_ANSWER_MS = 15 * 60_000;
const LONG_PATHS = /^\/(build|commit|images\/(create|load|.*\/push))\b|\/(archive|changes|export)\b|\/json\?size=/;
/** Answers when something happens, which may be never. */
const OPEN_ENDED_PATHS = /\/wait\b/;

/** How long an engine that does not answer is waited for: by a start, and by a removal, for a stopped run is not to wait for long. */
export interface Outage {
  startMs: number;
  removalMs: number;
}

export const OUTAGE: Outage = { startMs: 60_000, removalMs: 15_000 };
const FIRST_PAUSE_MS = 100;
const LAST_PAUSE_MS = 2_000;

type DialCallback = (error: unknown, result?: unknown) => void;
interface DialOptions {
  path: string;
  abortSignal?: AbortSignal;
}

/** Gives every call of the client a deadline, up to its answer; a stream that was answered with may go on for ever. */
export function withDeadlines(docker: Docker, answerMs = ANSWER_MS): Docker {
  const modem: { dial(options: DialOptions, callback: DialCallback): void } = docker.modem;
  const dial = modem.dial.bind(modem);
  modem.dial = (options, callback) => {
    if (OPEN_ENDED_PATHS.test(options.path)) return dial(options, callback);
    const deadlineMs = LONG_PATHS.test(options.path) ? LONG_ANSWER_MS : answerMs;
    const deadline = new AbortController();
    let isOver = false;
    const end = (error: unknown, result?: unknown): void => {
      clearTimeout(timer);
      if (isOver) return;
      isOver = true;
      callback(error, result);
    };
    const timer = setTimeout(() => {
      deadline.abort();
      // A request that has no connection yet does not hear of that: Node.js tells it when it gets one.
      end(new Error(`no answer within ${deadlineMs / 1000} s`));
    }, deadlineMs);
    const abortSignal = options.abortSignal ? AbortSignal.any([options.abortSignal, deadline.signal]) : deadline.signal;
    dial({ ...options, abortSignal }, (error, result) => {
      // A refused request whose stdin was to stay open is never ended by dockerode, and would hold its connection and this process.
      if (error) deadline.abort();
      end(error, result);
    });
  };
  return docker;
}

const UNREACHABLE_CODES = new Set(
  "ECONNREFUSED ECONNRESET ECONNABORTED EPIPE ENOENT ETIMEDOUT EHOSTUNREACH ENETUNREACH EAI_AGAIN".split(" "),
);

/** Whether a call failed because nobody listens, or the listener died while it worked on it. */
export function isUnreachable(error: unknown): boolean {
  for (let cause = error, depth = 0; cause instanceof Error && depth < 5; cause = cause.cause, depth += 1) {
    if ("code" in cause && typeof cause.code === "string" && UNREACHABLE_CODES.has(cause.code)) return true;
  }
  return false;
}

export interface WaitOptions {
  signal?: AbortSignal | undefined;
  /** Default 60 s. */
  outageMs?: number;
  /** Called when the wait begins. */
  onWait?: () => void;
}

/** Does `action` again and again while the engine is not reachable; then throws what it threw last. */
export async function whenAnswering<T>(action: () => Promise<T>, options: WaitOptions = {}): Promise<T> {
  const { signal, outageMs = OUTAGE.startMs, onWait } = options;
  let downSince: number | undefined;
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, LAST_PAUSE_MS)) {
    try {
      return await action();
    } catch (error) {
      if (!isUnreachable(error)) throw error;
      if (downSince === undefined) onWait?.();
      downSince ??= performance.now();
      if (performance.now() - downSince > outageMs) throw error;
    }
    await pause(pauseMs, signal ? [signal] : []);
    signal?.throwIfAborted();
  }
}

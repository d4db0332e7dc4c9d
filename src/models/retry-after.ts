/** When to try again: what a server asks for, and what we do where it does not say. */
import type { IncomingHttpHeaders } from "node:http";

const BACKOFF_BASE_MS = 1000;
const BACKOFF_MAX_MS = 60_000;

/** Milliseconds asked for by `retry-after-ms` or `retry-after` (seconds or an HTTP date, RFC 9110 §10.2.3); undefined where there is neither. */
export function retryAfterMs(headers: IncomingHttpHeaders, now: Date): number | undefined {
  const milliseconds = headers["retry-after-ms"];
  if (typeof milliseconds === "string" && isDecimal(milliseconds)) return Number(milliseconds);
  const value = headers["retry-after"]?.trim();
  if (value === undefined) return undefined;
  if (isDecimal(value)) return Number(value) * 1000;
  // A date has letters; `Date.parse` alone would take "-5" for a year.
  const date = /[a-z]/i.test(value) ? Date.parse(value) : Number.NaN;
  return Number.isNaN(date) ? undefined : Math.max(0, date - now.getTime());
}

function isDecimal(text: string): boolean {
  return /^\s*\d+(?:\.\d+)?\s*$/.test(text);
}

/** Exponential backoff with full jitter: uniform in [0, 1 s × 2^retry], at most 60 s. `random` is in [0, 1), `retry` from 0. */
export function backoffMs(retry: number, random: number): number {
  return random * Math.min(BACKOFF_MAX_MS, BACKOFF_BASE_MS * 2 ** retry);
}

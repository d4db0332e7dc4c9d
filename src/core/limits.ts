/** What may end a trial early. */
import { z } from "zod";

const count = z.number().int().positive();

/** Limits of one trial. Working time is wall-clock time minus waiting for rate limits and for free slots. */
export const limitsSchema = z.strictObject({
  turns: count.optional().describe("model calls"),
  tokens: count.optional().describe("input and output tokens together"),
  costUsd: z.number().positive().optional().describe("US dollars; an unknown price never counts"),
  timeMs: count.optional().describe("wall-clock milliseconds"),
  workingMs: count.optional().describe("milliseconds, waiting for rate limits and slots not counted"),
  toolCalls: count.optional().describe("tool calls executed"),
});

export type Limits = z.output<typeof limitsSchema>;

export const LIMIT_KINDS = ["turns", "tokens", "costUsd", "timeMs", "workingMs", "toolCalls", "context"] as const;
export type LimitKind = (typeof LIMIT_KINDS)[number];

/** Thrown through a scaffold when a limit is met; the engine turns it into the trial's status. Never an error of the trial. */
export class LimitReached extends Error {
  override readonly name = "LimitReached";
  readonly limit: LimitKind;
  readonly value: number;
  readonly maximum: number;

  constructor(limit: LimitKind, value: number, maximum: number) {
    super(`${limit}: ${value} of ${maximum}`);
    this.limit = limit;
    this.value = value;
    this.maximum = maximum;
  }
}

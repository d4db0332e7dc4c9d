/**
 * The events of a trace: one JSON object a line, `{ v, seq, t, type, … }`.
 * docs/trace-format.md is made from these schemas. Unknown types and keys are kept and shown, not dropped.
 */
import { z } from "zod";
import { contentSchema } from "./content.ts";
import { fileChangeSchema } from "./file-change.ts";
import { jsonSchema } from "./json.ts";
import { LIMIT_KINDS } from "./limits.ts";
import { messageSchema, samplingSchema, toolCallSchema } from "./message.ts";
import { retrySchema, usageSchema } from "./model.ts";
import { keptSnapshotSchema } from "./sandbox-snapshot.ts";
import { scoreSchema } from "./score.ts";
import { ORDERS, verdictSchema } from "./verdict.ts";

export const TRACE_VERSION = 1;

const ms = z.number();
const nth = z.number().int();

const redactions = nth.optional().describe("how many secrets were taken out; present where any were");

/**
 * How the exact bytes of a request body are rebuilt: the frame's `before`, the entries joined by `,`, the frame's `after`; or the whole.
 * Entries are the first `keep` entries of the trace's previous such body (0 where absent), then each range [from, to) of the pool.
 */
export const bodySchema = z.union([
  z.object({
    sha256: z.string().describe("of the exact bytes sent"),
    frame: nth,
    keep: nth.optional(),
    entries: z.array(z.tuple([nth, nth])),
    redactions,
  }),
  z.object({ sha256: z.string(), whole: contentSchema, redactions }),
]);

export type Body = z.output<typeof bodySchema>;

/** A message, or where the trace already holds it: the model's reply of a call, or a tool result as the model was told it. */
export const storedMessageSchema = z.union([
  messageSchema,
  z.object({ reply: nth.describe("an assistant message: text, reasoning and toolCalls of the model.response of this call") }),
  z.object({ tool: nth.describe("the tool.result of this call: a tool message, or a user message where the call had no id") }),
]);

/** One message's JSON text: as it is, or in parts where a part is the content of a message of the conversation, written as a JSON string without its quotes. */
export const wireSchema = z.union([contentSchema, z.array(z.union([z.string(), z.object({ message: nth })]))]);

export const TRIAL_STATUSES = ["completed", "limit", "error", "cancelled"] as const;

/** An error as it is kept: never a stack trace. */
export const recordedErrorSchema = z.object({ code: z.string(), message: z.string(), hint: z.string().optional() });

/** Fields of each event type, apart from the envelope. */
export const eventSchemas = {
  "trial.start": z.object({
    trialId: z.string(),
    task: z.string(),
    instanceId: z.string(),
    epoch: nth,
    attempt: nth,
    model: z.string(),
    harness: z.string(),
    startedAt: z.iso.datetime(),
    seed: nth.optional(),
  }),
  "sandbox.start": z.object({
    backend: z.string(),
    phase: z.enum(["begin", "ready"]),
    id: z.string().optional(),
    applied: z.record(z.string(), jsonSchema).optional(),
    durationMs: ms.optional().describe("of the start itself, without the wait for its turn"),
    ahead: z.literal(true).optional().describe("it was started before the trial had its slot"),
  }),
  "sandbox.end": z.object({
    backend: z.string(),
    id: z.string(),
    startMs: ms.describe("of the start itself"),
    commands: nth.describe("how many were run to their end"),
    firstCommandMs: ms.nullable().describe("null where no command was run"),
    commandMs: z.object({ p50: ms, max: ms, total: ms }).nullable().describe("null where no command was run"),
    peakMemoryMiB: z.number().nullable().describe("null where it is not known"),
    cpuMs: ms.nullable().describe("null where it is not known"),
    estimatedCostUsd: z.number().optional().describe("of a sandbox that somebody bills for: by list prices, no bill"),
    removeMs: ms.nullable().describe("null where it could not be removed"),
  }),
  "sandbox.service": z.object({
    name: z.string(),
    digest: z.string().describe("of its image"),
    startMs: ms.describe("of the start itself"),
    healthyMs: ms.nullable().describe("since the service was started; null where nothing tests whether it is healthy"),
    exitCode: nth.nullable().describe("null where it ran until the sandbox's end"),
    oomKilled: z.literal(true).optional(),
    stdout: contentSchema,
    stderr: contentSchema,
    droppedBytes: nth.describe("how much more it had printed before the end that is kept"),
  }),
  "message.add": z.object({
    index: nth.describe("position in the conversation, from 0"),
    message: storedMessageSchema.describe("as the engine holds it; what the trace already holds is referred to"),
  }),
  "pool.add": z.object({
    index: nth.describe("position in the pool, from 0"),
    wire: wireSchema.describe("one message as the provider's own JSON text"),
  }),
  "frame.add": z.object({
    index: nth.describe("from 0"),
    before: contentSchema.describe("text of a request body up to its first message"),
    after: contentSchema.describe("text after its last message: tools, sampling …"),
  }),
  "model.request": z.object({
    call: nth.describe("from 1"),
    messages: nth.describe("how many messages of the conversation it sent"),
    sampling: samplingSchema,
    tools: z.array(z.string()),
  }),
  "model.response": z.object({
    call: nth,
    request: bodySchema.nullable().describe("the exact body sent; null where no HTTP call is made"),
    raw: contentSchema.nullable().describe("the response body as it came"),
    text: z.string(),
    reasoning: z.string().optional(),
    toolCalls: z.array(toolCallSchema),
    finishReason: z.string(),
    usage: usageSchema,
    costUsd: z.number().nullable().describe("null where the price is not known"),
    latencyMs: ms.describe("of the attempt that succeeded"),
    waitedMs: ms.describe("for slots and retries"),
    retries: z.array(retrySchema),
    warnings: z
      .array(z.string())
      .optional()
      .describe("what the provider could not do as asked, or where a replay departs from its recording"),
  }),
  "model.failed": z.object({
    call: nth,
    request: bodySchema.nullable().describe("the exact body sent; null where none was"),
    raw: contentSchema.nullable().describe("the last response body, where there was one"),
    error: recordedErrorSchema,
    latencyMs: ms,
    waitedMs: ms,
    retries: z.array(retrySchema),
  }),
  "tool.call": z.object({
    call: nth.describe("from 1 in the trial"),
    turn: nth.describe("the model call that asked for it"),
    id: z.string().nullable().describe("the provider's; null for a call read out of text"),
    name: z.string(),
    input: jsonSchema,
  }),
  "tool.result": z.object({
    call: nth,
    shown: contentSchema.describe("what the model was told"),
    cutCharacters: nth.describe("how many characters of it were cut out"),
    whole: contentSchema.optional().describe("the whole text, where some was cut"),
    failure: z.string().optional(),
    durationMs: ms,
  }),
  "sandbox.exec": z.object({
    phase: z.enum(["setup", "tool", "score"]),
    call: nth.optional().describe("the tool call it belongs to"),
    command: z.union([z.string(), z.array(z.string())]),
    cwd: z.string().optional(),
    user: z.string().optional(),
    stdin: contentSchema.optional(),
    stdout: contentSchema,
    stderr: contentSchema,
    exitCode: nth,
    signal: z.string().optional(),
    timedOut: z.boolean(),
    truncated: z.boolean().describe("more was printed than is kept"),
    droppedBytes: nth.describe("how much more"),
    oomKilled: z.boolean().optional(),
    durationMs: ms,
  }),
  "sandbox.files": z.object({
    phase: z
      .enum(["start", "step", "end"])
      .describe("start: what later captures are compared with; end: the last one, before scoring, of everything"),
    calls: z
      .tuple([nth, nth])
      .optional()
      .describe("the tool calls, first and last, since the capture before; absent where there were none"),
    isConcurrent: z.literal(true).optional().describe("a later tool call began meanwhile: some of its changes may be in here"),
    folders: z.array(z.string()).describe("what was looked at, with all below it"),
    leftOut: z.array(z.string()).optional().describe("folders below these that were not looked at on purpose"),
    unreadable: z.array(z.string()).optional().describe("folders that the sandbox's user may not look into, the first 20"),
    entries: nth.optional().describe("how many paths were listed"),
    isTruncated: z.literal(true).optional().describe("there were more paths than a capture lists: deletions are not known"),
    changes: z
      .array(fileChangeSchema)
      .optional()
      .describe(
        "net of what happened since the capture before, ordered by path; folders that were renamed come first, and the others are told by the names that these left",
      ),
    omittedChanges: nth.optional().describe("how many more changes there were than are told"),
    skipped: z
      .enum(["budget", "cancelled", "no-start"])
      .optional()
      .describe("why nothing was captured; the next capture covers these calls too. `budget` with a duration: given up after that time"),
    failed: recordedErrorSchema.optional().describe("why the capture failed; the next capture covers these calls too"),
    durationMs: ms.describe("of the capture, which ran beside the trial unless it is the last"),
  }),
  "sandbox.snapshot": z.object({
    kept: keptSnapshotSchema,
    durationMs: ms.describe("between the agent's end and its grading"),
  }),
  "sandbox.network": z.object({
    outcome: z.enum(["allowed", "refused", "failed"]).describe("failed: allowed, but no connection came about"),
    via: z.enum(["proxy", "direct"]).describe("direct: by the name in the sandbox's file of hosts, without a proxy"),
    host: z.string().nullable().describe("as it was asked for, in its one spelling; null where what was asked for is no host"),
    port: nth.nullable(),
    reason: z
      .enum(["malformed", "not-in-list", "port", "address", "tls-name", "unresolved", "unreachable"])
      .optional()
      .describe(
        "why there was no connection, or why it was ended. address: the name leads to an address that only its own entry in the list would allow; tls-name: TLS was begun with another host's name",
      ),
    bytesUp: nth.describe("sent by the sandbox"),
    bytesDown: nth,
    durationMs: ms,
  }),
  "wait.begin": z.object({ for: z.enum(["sandbox", "model", "tool", "score", "slot"]), what: z.string() }),
  "limit.reached": z.object({ limit: z.enum(LIMIT_KINDS), value: z.number(), maximum: z.number() }),
  "answer.given": z.object({ text: contentSchema }),
  "score.given": z.object({ score: scoreSchema, durationMs: ms }),
  "judge.request": z.object({
    scorer: z.string(),
    judge: z.string(),
    question: z.string(),
    order: z.enum(ORDERS),
    replicate: nth,
    messages: z.array(z.object({ role: z.string(), content: contentSchema })).describe("as they were sent"),
  }),
  "judge.response": z.object({
    scorer: z.string(),
    verdict: verdictSchema,
    text: contentSchema.nullable().describe("what the judge wrote; null where no reply came"),
    raw: contentSchema.nullable().describe("the response body as it came"),
    latencyMs: ms.optional(),
    waitedMs: ms.optional().describe("for slots and retries"),
    retries: z.array(retrySchema).optional(),
  }),
  "error.raised": recordedErrorSchema,
  "log.line": z.object({ text: z.string() }),
  "trial.end": z.object({
    status: z.enum(TRIAL_STATUSES),
    limit: z.enum(LIMIT_KINDS).optional(),
    durationMs: ms,
    workingMs: ms,
    turns: nth,
    toolCalls: nth,
    totalRedactions: nth.optional().describe("secrets taken out of the whole trial; filled in by the recorder"),
  }),
} as const;

export type EventType = keyof typeof eventSchemas;
export type EventFields<T extends EventType> = z.input<(typeof eventSchemas)[T]>;

/** The envelope of every event: format version, number within the trial from 0, milliseconds since the trial began. */
export const envelopeSchema = z.looseObject({
  v: z.literal(TRACE_VERSION).describe("version of the format"),
  seq: nth.describe("number within the trace, from 0"),
  t: ms.describe("milliseconds since the attempt began"),
  type: z.string(),
  trial: z.string().optional().describe("trial id and attempt, `<id>#<attempt>`; only in traces/direct-*.jsonl"),
  redactions,
});

export type TraceEvent = z.output<typeof envelopeSchema>;

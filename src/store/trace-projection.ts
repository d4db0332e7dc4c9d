/**
 * What of a trace must be the same wherever the same trial runs: one line of text an event, to be compared line by line.
 * docs/trace-projection.md says what is kept and what is not.
 */
import { canonicalJson, sha256 } from "../core/json.ts";
import type { Content } from "../core/content.ts";
import type { EventType, TraceEvent } from "../core/trace.ts";
import { HASH_DIGITS, projectFiles } from "./projected-files.ts";
import { fieldsOf, type StoredFields } from "./read-trace.ts";

/** Raised when the same trace would give other lines. */
const PROJECTION_VERSION = 1;

type Keep = { [K in EventType]?: (fields: StoredFields<K>) => Record<string, unknown> };

/** What is kept of each type; of a type that is not known here, that it occurred. */
const KEPT: Keep = {
  "trial.start": ({ trialId, model, harness, seed }) => ({ trialId, model, harness, seed }),
  "sandbox.start": ({ phase }) => ({ phase }),
  "message.add": ({ index, message }) => ({ index, ...projectMessage(message) }),
  "model.request": ({ call, messages, sampling, tools }) => ({ call, messages, sampling, tools }),
  "model.response": ({ call, text, reasoning, toolCalls, finishReason }) => ({
    call,
    text: projectContent(text),
    ...(reasoning !== undefined && { reasoning: projectContent(reasoning) }),
    toolCalls: toolCalls.map(({ name, input, invalidInput }) => ({ name, input, invalidInput })),
    finishReason,
  }),
  "model.failed": ({ call, error }) => ({ call, error: error.code }),
  "tool.call": ({ call, turn, name, input }) => ({ call, turn, name, input }),
  "tool.result": ({ call, shown, cutCharacters, failure }) => ({ call, shown: projectContent(shown), cutCharacters, failure }),
  "sandbox.exec": (fields) => ({
    phase: fields.phase,
    call: fields.call,
    command: fields.command,
    cwd: fields.cwd,
    ...(fields.stdin !== undefined && { stdin: projectContent(fields.stdin) }),
    stdout: projectContent(fields.stdout),
    stderr: projectContent(fields.stderr),
    exitCode: fields.exitCode,
    timedOut: fields.timedOut || undefined,
    droppedBytes: fields.droppedBytes || undefined,
    oomKilled: fields.oomKilled || undefined,
  }),
  "limit.reached": ({ limit }) => ({ limit }),
  "answer.given": ({ text }) => ({ text: projectContent(text) }),
  "score.given": ({ score: { name, value, answer } }) => ({ name, value, answer }),
  "judge.response": ({ scorer, verdict: { judge, question, order, replicate, status, label, value } }) => ({
    scorer,
    judge,
    question,
    order,
    replicate,
    status,
    label,
    value,
  }),
  "error.raised": ({ code }) => ({ code }),
  "trial.end": ({ status, limit, turns, toolCalls }) => ({ status, limit, turns, toolCalls }),
};

/** How a request is stored, what was waited for, how a judge was asked (by random boundaries), what is told aside, what a sandbox's life cost, and connections, which end when they do; files are told together. */
const LEFT_OUT = new Set([
  "pool.add",
  "frame.add",
  "wait.begin",
  "judge.request",
  "log.line",
  "sandbox.end",
  "sandbox.network",
  "sandbox.service",
  "sandbox.files",
  "sandbox.snapshot",
]);

/** The lines of one attempt's events, in their order; those on files come last. */
export function projectTrace(events: Iterable<TraceEvent>): string[] {
  const lines = [`projection ${PROJECTION_VERSION}`];
  const captures: StoredFields<"sandbox.files">[] = [];
  for (const event of events) {
    const capture = fieldsOf(event, "sandbox.files");
    if (capture) captures.push(capture);
    if (!LEFT_OUT.has(event.type)) lines.push(lineOf(event));
  }
  return [...lines, ...projectFiles(captures)].map(withoutRandomNames);
}

function lineOf(event: TraceEvent): string {
  const kept = isKept(event.type) ? keptOf(event, event.type) : undefined;
  return kept ? `${event.type} ${canonicalJson(kept)}` : event.type;
}

function isKept(type: string): type is keyof Keep {
  return Object.hasOwn(KEPT, type);
}

function keptOf<K extends EventType>(event: TraceEvent, type: K): Record<string, unknown> | undefined {
  const fields = fieldsOf(event, type);
  return fields && KEPT[type]?.(fields);
}

function projectMessage(message: StoredFields<"message.add">["message"]): Record<string, unknown> {
  if (!("role" in message)) return message;
  return { role: message.role, content: projectContent(message.content) };
}

/** How many bytes, and the beginning of their SHA-256. */
function projectContent(content: Content): string {
  if (typeof content === "object" && "blob" in content) return summary(content.bytes, content.blob);
  const bytes = typeof content === "string" ? Buffer.from(withoutRandomNames(content)) : Buffer.from(content.base64, "base64");
  return summary(bytes.length, sha256(bytes));
}

function summary(bytes: number, hash: string): string {
  return bytes === 0 ? "0 bytes" : `${bytes} bytes ${hash.slice(0, HASH_DIGITS)}`;
}

/** Folders that are named at random: `/tmp/verifier-0a1b2c3d` is `/tmp/verifier-*`. */
function withoutRandomNames(text: string): string {
  return text.replaceAll(/\b(assay|verifier)-[0-9a-f]{8,}\b/g, "$1-*");
}

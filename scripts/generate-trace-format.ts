/** Writes docs/trace-format.md from the schemas: `node scripts/generate-trace-format.ts`. */
import { readFileSync, writeFileSync } from "node:fs";
import { z } from "zod";
import { judgeReplySchema } from "../src/core/judge-reply.ts";
import { labelSampleSchema, labelSchema } from "../src/core/label.ts";
import { messageSchema, samplingSchema, toolCallSchema } from "../src/core/message.ts";
import { retrySchema, usageSchema } from "../src/core/model.ts";
import {
  predictionSchema,
  rescoredSchema,
  runRecordSchema,
  runResultSchema,
  scorePassSchema,
  traceLocationSchema,
} from "../src/core/record.ts";
import { scoreSchema } from "../src/core/score.ts";
import { contentSchema } from "../src/core/content.ts";
import { fileChangeSchema } from "../src/core/file-change.ts";
import { bodySchema, envelopeSchema, eventSchemas, storedMessageSchema, wireSchema, type EventType } from "../src/core/trace.ts";
import { verdictSchema } from "../src/core/verdict.ts";
import { INDEX_HEADER_BYTES, INDEX_RECORD_BYTES } from "../src/store/trace-index.ts";
import { tableOf, typeOf } from "./trace-format-types.ts";

/** Every file of a run folder; `{id}` stands for one or more characters, `{n}` for a number, `{hash}` for a SHA-256. */
export const FILES: Record<string, string> = {
  "run.json": "What was run, with what, and how it went; replaced whole.",
  "predictions.jsonl": "One row a finished trial, appended; writing the row is what makes the trial finished.",
  "metrics.json": "Aggregates; derived, can be made again from the rows.",
  "traces/{id}.{n}.jsonl":
    "Trace of one attempt at a trial that has a sandbox or several turns: one event a line, written as it happens. Attempts that failed stay.",
  "traces/direct-{n}.jsonl": "Traces of single-call trials, one block after the other; a new file at 256 MiB.",
  "traces/{id}.idx": "Index of the trace of the same name; derived, safe to delete.",
  "blobs/{hash}": "Content over 64 KiB, named after the SHA-256 of its bytes.",
  "blobs/{hash}.zst":
    "The same, compressed with Zstandard; the name is the hash of what is inside. A snapshot of a sandbox is one, too, unless it stays with the sandbox's provider, of any size: a tar archive whose first entry, `snapshot.json`, tells the image and what was deleted.",
  "scores/{id}.jsonl":
    "A later scoring pass, made by `assay rescore`: what it is on the first line, then a line a trial. Nothing else is changed by it.",
  "verdicts/{id}.jsonl":
    "What judges replied, a line a reply, written before it is read: `run.jsonl` in the run itself, `<pass>.jsonl` in a scoring pass.",
  "scores/{id}.lock": "Only while a process writes the pass: who that is.",
  "labels/{id}.jsonl":
    "People's labels: on the first line how the trials to label were drawn, then a line a label. It only grows; of several labels of one labeller on a trial the last one counts.",
  "labels/{id}.lock": "Only while a process adds labels: who that is.",
  "run.lock": "Only while a process writes the folder: who that is.",
};

/** What each event says, in one sentence. */
const EVENTS: Record<EventType, string> = {
  "trial.start": "The attempt began; the first event.",
  "sandbox.start": "A sandbox was asked for (`begin`) and, later, was there (`ready`) with what was really applied.",
  "sandbox.end":
    "A sandbox was removed: what it took and used. It is removed while the next trials run, so this comes after `trial.end`; absent where the process died first.",
  "sandbox.service":
    "A service beside the sandbox, as it was when the sandbox was about to be removed: whether it had ended, and the last MiB of its log. One for each, before `sandbox.end`.",
  "message.add": "A message went into the conversation.",
  "pool.add": "A message of a request body that no earlier body of the trial had.",
  "frame.add": "The text around the messages of a request body, where no earlier body had the same.",
  "model.request": "A model call begins.",
  "model.response": "A model call ended well.",
  "judge.request": "A judge is asked; absent where its reply was on disk already.",
  "judge.response": "What the judge's reply was read as; or why there is no verdict.",
  "model.failed": "A model call ended without a reply, its retries used up.",
  "tool.call": "The model's call of a tool begins.",
  "tool.result": "The tool ended; what the model was told.",
  "sandbox.exec": "A command ran in a sandbox: everything it printed.",
  "sandbox.files":
    "What changed in the sandbox's files since the capture before. Captures run while the model thinks and may be skipped; one that comes late covers several tool calls.",
  "sandbox.snapshot": "The sandbox was kept as the agent left it, or why not; with `--keep-snapshot` only.",
  "sandbox.network":
    "A connection that something in a sandbox with an allow-list asked for has ended, or was refused. At most 1,000 a sandbox; a `log.line` says how many more there were.",
  "wait.begin": "The trial begins to wait for something outside.",
  "limit.reached": "A limit of the trial was met.",
  "answer.given": "The trial's answer.",
  "score.given": "A scorer graded the trial.",
  "error.raised": "The attempt failed.",
  "log.line": "A note.",
  "trial.end": "The attempt ended; only what the removal of its sandboxes tells can follow: `sandbox.network`, `log.line`, `sandbox.end`.",
};

const SHAPES: Record<string, z.ZodType> = {
  Content: contentSchema,
  Body: bodySchema,
  Wire: wireSchema,
  StoredMessage: storedMessageSchema,
  Message: messageSchema,
  ToolCall: toolCallSchema,
  Sampling: samplingSchema,
  Usage: usageSchema,
  Retry: retrySchema,
  FileChange: fileChangeSchema,
  Score: scoreSchema,
  Verdict: verdictSchema,
  TraceLocation: traceLocationSchema,
};

// named here only: a shape is then referred to by name wherever it is part of another.
for (const [id, schema] of Object.entries(SHAPES)) z.globalRegistry.add(schema, { ...z.globalRegistry.get(schema), id });

function eventsSection(): string {
  return Object.entries(eventSchemas)
    .map(([type, schema]) => `### \`${type}\`\n\n${EVENTS[type as EventType]}\n\n${tableOf(schema)}\n`)
    .join("\n");
}

function shapesSection(): string {
  return Object.entries(SHAPES)
    .map(([name, schema]) => {
      const choices = schema instanceof z.ZodUnion ? (schema.options as z.ZodType[]) : undefined;
      const text = choices === undefined ? tableOf(schema) : `One of:\n\n${choices.map((choice) => `- ${typeOf(choice)}`).join("\n")}`;
      return `### ${name}\n\n${text}\n`;
    })
    .join("\n");
}

/** The whole page. */
export function traceFormatPage(): string {
  const template = readFileSync(new URL("trace-format-template.md", import.meta.url), "utf8");
  const parts: Record<string, string> = {
    files: ["| file | what |", "|---|---|", ...Object.entries(FILES).map(([name, what]) => `| \`${name}\` | ${what} |`)].join("\n"),
    run: tableOf(runRecordSchema),
    prediction: tableOf(predictionSchema),
    result: tableOf(runResultSchema),
    pass: tableOf(scorePassSchema),
    rescored: tableOf(rescoredSchema),
    reply: tableOf(judgeReplySchema),
    sample: tableOf(labelSampleSchema),
    label: tableOf(labelSchema),
    envelope: tableOf(envelopeSchema),
    events: eventsSection(),
    shapes: shapesSection(),
    headerBytes: String(INDEX_HEADER_BYTES),
    recordBytes: String(INDEX_RECORD_BYTES),
  };
  return template.replaceAll(/\{\{(\w+)\}\}/g, (_, name: string) => parts[name] ?? "");
}

if (import.meta.main) writeFileSync(new URL("../docs/trace-format.md", import.meta.url), traceFormatPage());

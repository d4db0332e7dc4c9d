/** Events of a trace as blocks: a line that says what happened, and content under it. */
import type { Content } from "../../core/content.ts";
import { eventSchemas, type EventType, type TraceEvent } from "../../core/trace.ts";
import { fieldsOf, type StoredFields } from "../../store/read-trace.ts";
import { styled, type Line, type Piece } from "../terminal/line.ts";
import { filesLine } from "./files.ts";
import { judgeBlocks } from "./judges.ts";
import { networkLine } from "./network.ts";
import { bytesText, countOf, countText, durationText, scoreText, usdText } from "../terminal/quantities.ts";

export interface Block {
  head: Line;
  /** Shown under the head, cut where there is no room. */
  content?: Content;
}

type Blocks = { [T in EventType]?: (fields: StoredFields<T>, before: readonly Block[]) => Block[] };

/** How each type of event is shown; one that is not here only serves to rebuild request bodies, or is shown by another. */
const BLOCKS: Blocks = {
  "trial.start": (fields) => [line(`attempt ${fields.attempt}, ${fields.model}, harness ${fields.harness}, ${fields.startedAt}`)],
  "sandbox.start": ({ phase, backend, durationMs = 0 }) =>
    phase === "begin" ? [] : [line(`sandbox ${backend} ready in ${durationText(durationMs)}`)],
  "sandbox.service": serviceBlocks,
  // what refers to a reply or a tool's result is shown where that is.
  "message.add": ({ message }) => ("role" in message ? [{ head: [styled(message.role, "cyan")], content: message.content }] : []),
  "wait.begin": (fields) => [line(`waits for ${fields.for}: ${fields.what}`)],
  "model.response": replyBlocks,
  "model.failed": ({ error, latencyMs, retries }) => [
    {
      head: [
        styled(`model call failed: ${error.code}: ${error.message}`, "red"),
        styled(`  ${durationText(latencyMs)}${retriesText(retries)}`, "dim"),
      ],
    },
  ],
  "tool.call": callBlocks,
  "sandbox.exec": execBlocks,
  "sandbox.files": (fields) => {
    const head = filesLine(fields);
    return head ? [{ head }] : [];
  },
  "sandbox.snapshot": ({ kept, durationMs }) => [{ head: [snapshotPiece(kept), styled(`  ${durationText(durationMs)}`, "dim")] }],
  "sandbox.network": (fields) => [{ head: networkLine(fields) }],
  "tool.result": resultBlocks,
  "answer.given": ({ text }) => [{ head: [styled("answer", "cyan")], content: text }],
  "judge.request": ({ judge, question }) => [line(`asks ${judge}: ${question}`)],
  "judge.response": judgeBlocks,
  "limit.reached": ({ limit, value, maximum }) => [
    { head: [styled(`limit met: ${limit}, ${scoreText(value)} of ${scoreText(maximum)}`, "yellow")] },
  ],
  "score.given": scoreBlocks,
  "error.raised": ({ code, message, hint }) => [
    { head: [styled(`error ${code}: ${message}`, "red"), ...(hint === undefined ? [] : [` ${hint}`])] },
  ],
  "log.line": ({ text }) => [line(text)],
  "trial.end": (fields) => [
    {
      head: [
        styled(fields.status, fields.status === "completed" ? "green" : "yellow"),
        ` in ${durationText(fields.durationMs)}, ${countOf(fields.turns, "turn")}, ${countOf(fields.toolCalls, "tool call")}`,
      ],
    },
  ],
};

function snapshotPiece(kept: StoredFields<"sandbox.snapshot">["kept"]): Piece {
  if ("none" in kept) return styled(`no snapshot: ${kept.none}`, "yellow");
  if (kept.kind === "image") return `snapshot: ${kept.image} in the provider's own store`;
  const { files, deleted, bytes, storedBytes } = kept;
  return `snapshot: ${countOf(files, "file")}, ${countText(deleted)} deleted, ${bytesText(bytes)}, stored ${bytesText(storedBytes)}`;
}

/** The blocks of one event, given those of its step so far. An event of unknown type is shown as it is. */
export function blocksOf(event: TraceEvent, before: readonly Block[]): Block[] {
  return isKnown(event.type)
    ? knownBlocks(event.type, event, before)
    : [{ head: [styled(event.type, "dim")], content: JSON.stringify(event) }];
}

function isKnown(type: string): type is EventType {
  return Object.hasOwn(eventSchemas, type);
}

function knownBlocks<T extends EventType>(type: T, event: TraceEvent, before: readonly Block[]): Block[] {
  const fields = fieldsOf(event, type);
  const make: Blocks[T] = BLOCKS[type];
  return fields && make ? make(fields, before) : [];
}

const line = (text: string): Block => ({ head: [styled(text, "dim")] });

const retriesText = (retries: readonly unknown[]) => (retries.length > 0 ? ` · after ${countOf(retries.length, "failed attempt")}` : "");

function replyBlocks({
  text,
  reasoning,
  usage,
  costUsd,
  latencyMs,
  waitedMs,
  finishReason,
  retries,
  warnings = [],
}: StoredFields<"model.response">): Block[] {
  const tokens = (count: number | null) => (count === null ? "?" : countText(count));
  const facts = [
    durationText(latencyMs),
    ...(waitedMs >= 1 ? [`waited ${durationText(waitedMs)}`] : []),
    `${tokens(usage.inputTokens)} tokens in, ${tokens(usage.outputTokens)} out`,
    `cost ${usdText(costUsd)}`,
    finishReason,
  ].join(" · ");
  return [
    ...(reasoning ? [{ head: [styled("reasoning", "dim")], content: reasoning }] : []),
    { head: [styled("assistant", "cyan"), styled(`  ${facts}${retriesText(retries)}`, "dim")], ...(text !== "" && { content: text }) },
    ...warnings.map((warning): Block => ({ head: [styled(`warning: ${warning}`, "yellow")] })),
  ];
}

function callBlocks({ name, input }: StoredFields<"tool.call">): Block[] {
  const command = commandIn(input);
  return [
    {
      head: [styled("tool", "cyan"), " ", styled(name, "bold")],
      content: command ?? (typeof input === "string" ? input : JSON.stringify(input, null, 2)),
    },
  ];
}

function commandIn(input: unknown): string | undefined {
  const command: unknown = typeof input === "object" && input !== null ? Reflect.get(input, "command") : undefined;
  return typeof command === "string" ? command : undefined;
}

function execBlocks(fields: StoredFields<"sandbox.exec">, before: readonly Block[]): Block[] {
  const { phase, command, stdout, stderr, exitCode, durationMs } = fields;
  const text = typeof command === "string" ? command : command.join(" ");
  const [last] = before.slice(-1);
  const isSaid = phase === "tool" && typeof last?.content === "string" && text.includes(last.content);
  const ending: Piece[] = [
    styled(`exit code ${exitCode}`, exitCode === 0 ? "green" : "red"),
    styled(
      `  ${durationText(durationMs)}${fields.signal === undefined ? "" : ` · ended by ${fields.signal}`}${fields.truncated ? ` · ${bytesText(fields.droppedBytes)} beyond the recorder's limit` : ""}`,
      "dim",
    ),
    ...(fields.timedOut ? [styled("  timed out", "yellow")] : []),
    ...(fields.oomKilled ? [styled("  out of memory", "yellow")] : []),
  ];
  return [
    ...(isSaid ? [] : [{ head: [styled(`runs${phase === "tool" ? "" : ` (${phase})`}`, "cyan")], content: text }]),
    ...streamBlock("stdout", stdout),
    ...streamBlock("stderr", stderr),
    { head: ending },
  ];
}

function serviceBlocks({
  name,
  startMs,
  healthyMs,
  exitCode,
  oomKilled,
  stdout,
  stderr,
  droppedBytes,
}: StoredFields<"sandbox.service">): Block[] {
  const facts = [
    `started in ${durationText(startMs)}`,
    ...(healthyMs === null ? [] : [`healthy after ${durationText(healthyMs)}`]),
    `${bytesText(bytesOf(stdout) + bytesOf(stderr))} of log${droppedBytes > 0 ? `, ${bytesText(droppedBytes)} before it dropped` : ""}`,
  ].join(" · ");
  const ended = exitCode === null ? [] : [styled(`  ended with exit code ${exitCode}`, exitCode === 0 ? "yellow" : "red")];
  return [
    { head: [`service ${name}`, styled(`  ${facts}`, "dim"), ...ended, ...(oomKilled ? [styled("  out of memory", "yellow")] : [])] },
  ];
}

const bytesOf = (content: Content): number => (typeof content === "string" ? Buffer.byteLength(content) : content.bytes);

function streamBlock(name: "stdout" | "stderr", content: Content): Block[] {
  const bytes = bytesOf(content);
  if (bytes === 0) return [];
  const isBinary = typeof content !== "string" && ("base64" in content || content.encoding === "binary");
  return [
    {
      head: [styled(name, name === "stderr" ? "yellow" : "cyan"), styled(`  ${bytesText(bytes)}${isBinary ? ", not UTF-8" : ""}`, "dim")],
      content,
    },
  ];
}

/** What a command printed stands above already; then only what was kept from the model is new. */
function resultBlocks({ shown, cutCharacters, failure, durationMs }: StoredFields<"tool.result">, before: readonly Block[]): Block[] {
  const hasRun = before.slice(-1).some(({ head }) => head.some((piece) => typeof piece !== "string" && piece.text.startsWith("exit code")));
  const cut = cutCharacters > 0 ? [styled(`${countOf(cutCharacters, "character")} cut out of what the model saw`, "yellow")] : [];
  const failed = failure === undefined ? [] : [styled(`failed: ${failure}`, "red")];
  if (hasRun) return [...cut, ...failed].map((piece) => ({ head: [piece] }));
  return [
    {
      head: [
        styled("result", "cyan"),
        styled(`  ${durationText(durationMs)}`, "dim"),
        ...[...failed, ...cut].flatMap((piece) => ["  ", piece]),
      ],
      content: shown,
    },
  ];
}

function scoreBlocks({ score, durationMs }: StoredFields<"score.given">): Block[] {
  const value = score.value === null ? styled("unscored", "yellow") : styled(scoreText(score.value), score.value > 0 ? "green" : "red");
  const why = score.value === null ? score.reason : score.explanation;
  const answer = score.answer == null ? [] : [styled(`  answer ${JSON.stringify(score.answer)}`, "dim")];
  return [
    {
      head: [styled("score", "cyan"), ` ${score.name} `, value, ...answer, styled(`  ${durationText(durationMs)}`, "dim")],
      ...(why !== undefined && { content: why }),
    },
  ];
}

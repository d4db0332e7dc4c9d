/** What a judge's reply says, or how it fails to say anything: the only place where a reply becomes a verdict. */
import type { AnswerFormat } from "../../core/judge.ts";
import type { FinishReason } from "../../core/message.ts";
import type { VerdictStatus } from "../../core/verdict.ts";

export interface ParsedReply {
  status: VerdictStatus;
  /** Null where the status is not `ok`. */
  answer: Record<string, unknown> | null;
  /** Why it is not ok; also what a repair prompt shows. */
  reason?: string;
}

/**
 * Structure first, words only where there is none: in a reply with an object that holds the verdict, marks before it and within it (an explanation
 * that quotes the submission) never count. Whatever is last decides, also where it is off the menu. Never throws.
 */
export function parseReply(format: AnswerFormat, reply: { text: string; finishReason: FinishReason }): ParsedReply {
  if (reply.finishReason === "content-filter") return failed("refused", "a content filter ended the reply");
  if (reply.finishReason === "length") return failed("truncated", "the reply was cut off at its token limit");
  const text = reply.text.trim();
  if (text === "") return failed("invalid", "the reply is empty");
  const whole = objectIn(withoutFence(text));
  if (whole) return checked(format, whole);
  const keyAt = lastKey(text, format.verdict);
  if (keyAt !== undefined) return fromProse(format, text, keyAt);
  if (withoutFence(text).startsWith("{")) return failed("invalid", "the reply is no whole JSON object");
  return inWords(format, text);
}

function failed(status: VerdictStatus, reason: string): ParsedReply {
  return { status, answer: null, reason };
}

function checked(format: AnswerFormat, value: Record<string, unknown>): ParsedReply {
  if (!Object.hasOwn(value, format.verdict)) return failed("invalid", `the answer has no ${JSON.stringify(format.verdict)}`);
  const parsed = format.schema.safeParse(value);
  if (parsed.success) return { status: "ok", answer: parsed.data };
  const given = value[format.verdict];
  if (!format.schema.shape[format.verdict]?.safeParse(given).success) {
    return failed("off_menu", `${JSON.stringify(format.verdict)} is ${shortened(given)}, which was not offered`);
  }
  const issue = parsed.error.issues[0];
  return failed("invalid", `${issue?.path.join(".") || "answer"}: ${issue?.message ?? "not as asked for"}`.replaceAll(/\s+/g, " "));
}

function shortened(value: unknown): string {
  const json = JSON.stringify(value) ?? "undefined";
  return json.length > 80 ? `${json.slice(0, 80)}…` : json;
}

function inWords(format: AnswerFormat, text: string): ParsedReply {
  const answer = format.fromText(text);
  const parsed = answer && checked(format, answer);
  if (parsed?.status === "ok") return parsed;
  if (REFUSAL.test(text)) return failed("refused", "the judge declined");
  return parsed ?? failed("invalid", "the reply has no verdict");
}

const REFUSAL =
  /^\W{0,3}(?:(?:i['’]?m|i am) (?:really |very |so )?sorry|sorry|i apologi[sz]e|(?:unfortunately,? )?i (?:can(?:['’]t|not)|won['’]t|will not|am unable to|['’]m unable to|must decline|decline)|i['’]m (?:unable|not able)|as an ai\b)/iu;

/** The JSON object that a text is; undefined where it is something else. */
function objectIn(text: string): Record<string, unknown> | undefined {
  if (!text.startsWith("{")) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

const FENCED = /^```[a-z]{0,10}[ \t]*\n([\s\S]*?)\n?[ \t]*```$/iu;

function withoutFence(text: string): string {
  return (FENCED.exec(text)?.[1] ?? text).trim();
}

/** Where `"verdict":` last stands as a key. In an explanation's string the quotes of such a text are escaped. */
function lastKey(text: string, key: string): number | undefined {
  const escaped = JSON.stringify(key).replaceAll(/[.*+?^${}()|[\]\\/]/g, String.raw`\$&`);
  return [...text.matchAll(new RegExp(`(?<!\\\\)${escaped}\\s{0,20}:`, "gu"))].at(-1)?.index;
}

/** An object amid other text. What follows it may be the verdict after all, in words: then the object was a quotation. */
function fromProse(format: AnswerFormat, text: string, keyAt: number): ParsedReply {
  const found = objectAround(text, keyAt, format.verdict);
  // An object that cannot be read hides what is quoted in it: nothing in such a reply can be trusted.
  if (!found) return failed("invalid", "the reply has no whole JSON object");
  const after = format.fromText(text.slice(found.end));
  return checked(format, after ?? found.value);
}

/** Braces before the key that are tried as its object's beginning: an explanation may be full of them. */
const MOST_BRACES = 32;

function objectAround(text: string, keyAt: number, key: string): { value: Record<string, unknown>; end: number } | undefined {
  let start = text.lastIndexOf("{", keyAt);
  for (let tried = 0; start !== -1 && tried < MOST_BRACES; tried += 1) {
    const end = endOfObject(text, start);
    const value = end > keyAt ? objectIn(text.slice(start, end)) : undefined;
    if (value && Object.hasOwn(value, key)) return { value, end };
    if (start === 0) break;
    start = text.lastIndexOf("{", start - 1);
  }
  return undefined;
}

/** Behind the brace that closes the one at `start`, braces in strings apart; -1 where it stays open. */
function endOfObject(text: string, start: number): number {
  let depth = 0;
  let isInString = false;
  for (let index = start; index < text.length; index += 1) {
    const character = text[index];
    if (isInString) {
      if (character === "\\") index += 1;
      else if (character === '"') isInString = false;
    } else if (character === '"') isInString = true;
    else if (character === "{") depth += 1;
    else if (character === "}" && --depth === 0) return index + 1;
  }
  return -1;
}

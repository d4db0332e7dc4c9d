/** What a judge's reply says, or how it fails to say anything: the only place where a reply becomes a verdict. */
import type { AnswerFormat } from "../../core/judge.ts";
import type { FinishReason } from "../../core/message.ts";
import type { VerdictStatus } from "../../core/verdict.ts";
import { breaksOff, lastKey, objectAround, objectIn, withoutFence } from "./json-in-text.ts";

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
  const found = keyAt === undefined ? undefined : objectAround(text, keyAt, format.verdict);
  // What follows an object may be the verdict after all, in words: then the object was a quotation.
  if (found && !breaksOff(text.slice(found.end))) return inWords(format, text.slice(found.end)) ?? checked(format, found.value);
  if (withoutFence(text).startsWith("{")) return failed("invalid", "the reply is no whole JSON object");
  if (breaksOff(text)) return failed("invalid", "the reply breaks off within a JSON object");
  // Behind the remains of an object that cannot be read; what is quoted in them cannot be told from the judge's own words.
  const words = keyAt === undefined ? text : text.slice(Math.max(text.lastIndexOf('"'), text.lastIndexOf("}")) + 1);
  const parsed = inWords(format, words) ?? failed("invalid", "the reply has no verdict");
  return parsed.status !== "ok" && REFUSAL.test(text) ? failed("refused", "the judge declined") : parsed;
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

/** Undefined where no verdict is said. */
function inWords(format: AnswerFormat, text: string): ParsedReply | undefined {
  const answer = format.fromText(text);
  return answer && checked(format, answer);
}

const REFUSAL =
  /^\W{0,3}(?:(?:i['’]?m|i am) (?:really |very |so )?sorry\b|sorry\b|i apologi[sz]e\b|as an ai\b|(?:unfortunately,? )?i(?: can(?:['’]t|not)| won['’]t| will not| must|['’]m (?:unable|not able) to| am (?:unable|not able) to) (?:\w+ ){0,2}(?:help|assist|comply|fulfil|provide|grade|judge|evaluate|assess|engage|participate|continue|decline|do that)\b)/iu;

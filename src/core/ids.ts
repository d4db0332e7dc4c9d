/** Names of trials, runs and the files made from them. */
import { randomBytes } from "node:crypto";
import { sha256 } from "./json.ts";

/** `<task spec>/<instance id>/<epoch>`. Opaque: never split; a record carries its parts apart. */
export function trialIdOf(task: string, instanceId: string, epoch: number): string {
  return `${task}/${instanceId}/${epoch}`;
}

/** Names one attempt at a trial within its run. */
export function attemptKey({ trialId, attempt }: { trialId: string; attempt: number }): string {
  return `${trialId}#${attempt}`;
}

const MAX_FILE_NAME = 150;

/**
 * A file name made from an id: percent-encoded, never leading out of its folder, no two ids with the same one,
 * and ending in a hash when long or when half a surrogate pair could not be encoded.
 */
export function fileNameOf(id: string): string {
  const encoded = encodeURIComponent(id.toWellFormed())
    .replaceAll("*", "%2A")
    .replaceAll(/^\.+/g, (dots) => "%2E".repeat(dots.length));
  if (encoded.length <= MAX_FILE_NAME && id.isWellFormed()) return encoded;
  return `${encoded.slice(0, MAX_FILE_NAME - 17).replace(/%[0-9A-F]?$/, "")}-${sha256(JSON.stringify(id)).slice(0, 16)}`;
}

/** `<UTC date-time>-<task>-<model>-<4 random>`, for example `20260102T030405-basics-mock-oracle-9f3c`. */
export function newRunId(now: Date, task: string, model: string): string {
  const time = now.toISOString().replaceAll(/[-:]/g, "").slice(0, 15);
  const word = (text: string) =>
    text
      .replaceAll(/[^A-Za-z0-9.]+/g, "-")
      .replaceAll(/^[-.]+|[-.]+$/g, "")
      .slice(0, 40);
  return `${time}-${word(task)}-${word(model)}-${randomBytes(2).toString("hex")}`;
}

/**
 * The replies of judges in a run folder: verdicts/<writer>.jsonl, one file a writer (the run itself, each scoring pass), all of them read.
 * Content-addressed: a question that was answered is found by its key, whoever asked it.
 */
import { mkdir, readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { AssayError } from "../core/errors.ts";
import { jsonOrUndefined } from "../core/json.ts";
import { judgeReplySchema, type JudgeReply } from "../core/judge-reply.ts";
import { AppendFile } from "./append-file.ts";
import type { DiskFailure } from "./disk-failure.ts";
import { readLines } from "./lines.ts";
import type { Redactor } from "./redaction.ts";
import { cutTornLine } from "./repair.ts";

/** What is on disk, to look into. */
export interface StoredReplies {
  /** Whether there is a reply, without reading it. */
  has(key: string): boolean;
  /** The last reply to a question. `isOwn`: this writer asked it. */
  find(key: string): Promise<{ reply: JudgeReply; isOwn: boolean } | undefined>;
}

export interface JudgeReplies extends StoredReplies, AsyncDisposable {
  /** Resolves, with what is kept of it, when it is on disk. Rejects with `run/disk`. */
  add(reply: JudgeReply): Promise<JudgeReply>;
}

interface Place {
  file: string;
  offset: number;
  bytes: number;
}

const FOLDER = "verdicts";
const LINE_START = '{"key":"';
const KEY_DIGITS = 64;
const ID_KEYS = new Set(["key", "judge", "question", "trialId", "rubricHash", "promptHash", "inputHash", "at"]);

interface Writer {
  /** Of the file, without its ending: no other process may write it meanwhile. */
  writer: string;
  redactor: Redactor;
  failure: DiskFailure;
}

/** What is there, for one who only looks: nothing is written, and nothing repaired. */
export async function readJudgeReplies(runPath: string): Promise<StoredReplies> {
  const folder = join(runPath, FOLDER);
  return lookedUp(folder, await placesIn(folder, undefined), undefined);
}

function lookedUp(folder: string, places: ReadonlyMap<string, Place>, own: string | undefined): StoredReplies {
  return {
    has: (key) => places.has(shortOf(key)),
    async find(key) {
      const place = places.get(shortOf(key));
      return place && { reply: await replyAt(folder, place), isOwn: place.file === own };
    },
  };
}

/** Reads where every reply is. The folder is made with the first reply. Throws `run/disk`, or `run/format` where the writer's own file is damaged. */
export async function openJudgeReplies(runPath: string, { writer, redactor, failure }: Writer): Promise<JudgeReplies> {
  const folder = join(runPath, FOLDER);
  const own = `${writer}.jsonl`;
  const name = `${FOLDER}/${own}`;
  const orFailure = <T>(working: Promise<T>): Promise<T> => working.catch((cause: unknown) => Promise.reject(failure.report(name, cause)));
  await orFailure(cutTornLine(join(folder, own)));
  const places = await orFailure(placesIn(folder, own));
  let file: Promise<AppendFile> | undefined;
  const opened = async () => {
    await orFailure(mkdir(folder, { recursive: true }));
    return new AppendFile({ path: join(folder, own), name, failure, existing: "any", size: await sizeOf(join(folder, own)) });
  };
  return {
    ...lookedUp(folder, places, own),
    async add(reply) {
      const { value: line, count } = redactor.json(reply, ID_KEYS);
      const to = await (file ??= opened());
      const offset = to.append(`${line}\n`);
      await to.written();
      places.set(shortOf(reply.key), { file: own, offset, bytes: Buffer.byteLength(line) });
      return count > 0 ? judgeReplySchema.parse(JSON.parse(line)) : reply;
    },
    async [Symbol.asyncDispose]() {
      const wasTold = failure.error !== undefined;
      await (await file?.catch(() => undefined))?.close().catch((cause: unknown) => {
        if (!wasTold) throw failure.report(name, cause);
      });
    },
  };
}

/** A key as it is held in memory: half as long, and no part of the line that it was read from, which would be held with it. */
function shortOf(key: string): string {
  return Buffer.from(key, "hex").toString("latin1");
}

/** A line of another writer that cannot be read is passed over: what it held is asked again. */
async function placesIn(folder: string, own: string | undefined): Promise<Map<string, Place>> {
  const places = new Map<string, Place>();
  let names: string[];
  try {
    names = await readdir(folder);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return places;
    throw error;
  }
  for (const file of names.filter((name) => name.endsWith(".jsonl")).sort()) {
    for await (const { text, offset, bytes, isTorn } of readLines(join(folder, file))) {
      if (isTorn) break;
      const key = text.startsWith(LINE_START) ? text.slice(LINE_START.length, LINE_START.length + KEY_DIGITS) : "";
      if (/^[0-9a-f]{64}$/.test(key)) places.set(shortOf(key), { file, offset, bytes });
      else if (file === own) throw damaged(join(folder, file), offset);
    }
  }
  return places;
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch {
    return 0;
  }
}

async function replyAt(folder: string, { file, offset, bytes }: Place): Promise<JudgeReply> {
  const path = join(folder, file);
  for await (const { text } of readLines(path, { offset, bytes })) {
    const parsed = judgeReplySchema.safeParse(jsonOrUndefined(text));
    if (parsed.success) return parsed.data;
  }
  throw damaged(path, offset);
}

function damaged(path: string, offset: number): AssayError {
  return new AssayError("run/format", `${path} is damaged at byte ${offset}.`, {
    hint: "Restore it from a copy, or remove it: what it held is asked again.",
  });
}

/** A later scoring pass of a run: scores/<pass>.jsonl, which only grows, a line a trial. What other passes wrote is never touched. */
import { mkdir, readdir, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { z } from "zod";
import { AssayError } from "../core/errors.ts";
import { nameHint } from "../core/nearest.ts";
import { rescoredSchema, scorePassSchema, type Rescored, type ScorePass } from "../core/record.ts";
import { AppendFile } from "./append-file.ts";
import { DiskFailure } from "./disk-failure.ts";
import { openJudgeReplies, type JudgeReplies } from "./judge-replies.ts";
import { readLines } from "./lines.ts";
import { createRedactor } from "./redaction.ts";
import { cutTornLine } from "./repair.ts";
import { acquireLock } from "./run-lock.ts";
import { SHARED_WINDOW_MS } from "./trace-sinks.ts";

export interface OpenedScorePass extends AsyncDisposable {
  /** Relative to the run folder. */
  readonly name: string;
  /** Aborted, with the error as its reason, when the pass can no longer be written. */
  readonly failed: AbortSignal;
  /** Resolves with what is written: the line without secrets. Rejects with `run/disk`. */
  add(line: Rescored): Promise<Rescored>;
  /** What judges replied in this pass, in others and in the run; the caller closes it before the pass. */
  openJudgeReplies(): Promise<JudgeReplies>;
  /** A text without secrets. */
  clean(text: string): string;
}

const ID_KEYS = new Set(["format", "pass", "scorer", "createdAt", "hashes", "judging", "trialId", "task"]);

/** Begins a pass, or goes on with it. Throws `run/locked` while another process writes it, `run/format` where its file is damaged. */
export async function openScorePass(
  runPath: string,
  pass: ScorePass,
  { secrets }: { secrets: readonly string[] },
): Promise<OpenedScorePass> {
  const name = `scores/${pass.pass}.jsonl`;
  const path = join(runPath, name);
  const failure = new DiskFailure(runPath, { again: `assay rescore ${runPath} --scorer ${pass.scorer}` });
  const redactor = createRedactor(secrets);
  await using opening = new AsyncDisposableStack();
  try {
    await mkdir(join(runPath, "scores"), { recursive: true });
    const lock = await acquireLock(join(runPath, "scores", `${pass.pass}.lock`), (error) => failure.report(name, error));
    opening.defer(() => lock.release());
    await cutTornLine(path);
    const hasHead = (await headOf(path)) !== undefined;
    const file = new AppendFile({ path, name, failure, existing: "any", windowMs: SHARED_WINDOW_MS });
    opening.defer(async () => {
      const wasTold = failure.error !== undefined;
      await file.close().catch((cause: unknown) => {
        if (!wasTold) throw failure.report(name, cause);
      });
    });
    const write = async (line: Readonly<Record<string, unknown>>) => {
      const redacted = redactor.json(line, ID_KEYS);
      file.append(`${redacted.value}\n`);
      await file.written();
      return redacted;
    };
    if (!hasHead) await write(pass);
    const opened = opening.move();
    return {
      name,
      failed: failure.signal,
      add: async (line) => {
        const { value, count } = await write(line);
        return count > 0 ? rescoredSchema.parse(JSON.parse(value)) : line;
      },
      openJudgeReplies: () => openJudgeReplies(runPath, { writer: pass.pass, redactor, failure }),
      clean: (text) => redactor.text(text).value,
      [Symbol.asyncDispose]: () => opened.disposeAsync(),
    };
  } catch (cause) {
    throw failure.report(name, cause);
  }
}

/** The file of a pass: as it was given, or by its name, or a beginning of it that fits only one, in the run folder. Throws `run/not-found`. */
export async function findPass(pass: string, runPath: string | undefined): Promise<string> {
  const found = await stat(pass).catch(() => undefined);
  if (found?.isFile()) return pass;
  const folder = runPath === undefined ? dirname(pass) : join(runPath, "scores");
  const names = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith(".jsonl")).map((name) => basename(name, ".jsonl"));
  const wanted = basename(pass, ".jsonl");
  const fitting = names.includes(wanted) ? [wanted] : names.filter((name) => name.startsWith(wanted));
  const [only] = fitting;
  if (only !== undefined && fitting.length === 1) return join(folder, `${only}.jsonl`);
  throw new AssayError("run/not-found", `There is no scoring pass ${JSON.stringify(pass)} in ${folder}.`, {
    hint:
      fitting.length > 1
        ? `It fits ${fitting.slice(0, 4).join(", ")}.`
        : nameHint(wanted, names) || "Make one with: assay rescore RUN --scorer NAME",
  });
}

/** What a pass is, by its first line; undefined where there is no such pass. Throws `run/format`. */
export async function headOf(path: string): Promise<ScorePass | undefined> {
  for await (const { value } of valuesIn(path)) {
    const head = scorePassSchema.safeParse(value);
    if (head.success) return head.data;
    throw new AssayError("run/format", `${path} is no scoring pass of this version of Assay.`, {
      hint: "Give the file of one, runs/<run id>/scores/<pass>.jsonl; if it is one that was damaged, move it away: the pass is then made anew.",
    });
  }
  return undefined;
}

/** The last line of each trial of a pass, in the order written; a torn last line is none. Throws `run/format`. */
export async function* rescoredIn(path: string): AsyncGenerator<Rescored> {
  const last = new Map<string, number>();
  for await (const { value, number } of valuesIn(path)) {
    const trialId = trialIdSchema.safeParse(value).data?.trialId;
    if (trialId !== undefined) last.set(trialId, number);
  }
  for await (const { value, number } of valuesIn(path)) {
    if (number === 1) continue;
    const line = lineOf(path, value);
    if (last.get(line.trialId) === number) yield line;
  }
}

const trialIdSchema = z.looseObject({ trialId: z.string() });

function lineOf(path: string, value: unknown): Rescored {
  const line = rescoredSchema.safeParse(value);
  if (line.success) return line.data;
  throw damaged(path);
}

async function* valuesIn(path: string): AsyncGenerator<{ value: unknown; number: number }> {
  let number = 0;
  try {
    for await (const { text, isTorn } of readLines(path)) {
      if (isTorn) return;
      number += 1;
      yield { value: JSON.parse(text) as unknown, number };
    }
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && cause.code === "ENOENT") return;
    throw cause instanceof SyntaxError ? damaged(path, cause) : cause;
  }
}

function damaged(path: string, cause?: unknown): AssayError {
  return new AssayError("run/format", `${path} is damaged.`, { hint: "Move it away: the pass is then made anew.", cause });
}

/** A later scoring pass of a run: scores/<pass>.jsonl, which only grows, a line a trial. What other passes wrote is never touched. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { AssayError } from "../core/errors.ts";
import { rescoredSchema, scorePassSchema, type Rescored, type ScorePass } from "../core/record.ts";
import { AppendFile } from "./append-file.ts";
import { DiskFailure } from "./disk-failure.ts";
import { readLines } from "./lines.ts";
import { createRedactor } from "./redaction.ts";
import { cutTornLine } from "./repair.ts";
import { acquireLock } from "./run-lock.ts";

export interface OpenedScorePass extends AsyncDisposable {
  /** Relative to the run folder. */
  readonly name: string;
  /** What an earlier command scored. */
  readonly done: readonly Rescored[];
  /** Resolves with what is written: the line without secrets. Rejects with `run/disk`. */
  add(line: Rescored): Promise<Rescored>;
  /** A text without secrets. */
  clean(text: string): string;
}

const ID_KEYS = new Set(["format", "pass", "scorer", "createdAt", "hashes", "trialId", "task"]);

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
    const done = await linesOf(path);
    const file = new AppendFile({ path, name, failure, existing: "any" });
    opening.defer(async () => {
      const wasTold = failure.error !== undefined;
      await file.close().catch((cause: unknown) => {
        if (!wasTold) throw failure.report(name, cause);
      });
    });
    const write = async (line: Readonly<Record<string, unknown>>): Promise<string> => {
      const { value } = redactor.json(line, ID_KEYS);
      file.append(`${value}\n`);
      await file.written();
      return value;
    };
    if (done === undefined) await write(pass);
    const opened = opening.move();
    return {
      name,
      done: done ?? [],
      add: async (line) => rescoredSchema.parse(JSON.parse(await write(line))),
      clean: (text) => redactor.text(text).value,
      [Symbol.asyncDispose]: () => opened.disposeAsync(),
    };
  } catch (cause) {
    throw failure.report(name, cause);
  }
}

/** Undefined where there is no such pass yet. */
async function linesOf(path: string): Promise<Rescored[] | undefined> {
  const lines: Rescored[] = [];
  let hasHead = false;
  try {
    for await (const { text } of readLines(path)) {
      const value: unknown = JSON.parse(text);
      if (hasHead) lines.push(rescoredSchema.parse(value));
      else hasHead = scorePassSchema.parse(value) !== undefined;
    }
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && cause.code === "ENOENT") return undefined;
    throw new AssayError("run/format", `${path} is damaged.`, { hint: "Remove it: the pass is then made anew.", cause });
  }
  return hasHead ? lines : undefined;
}

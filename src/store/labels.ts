/** People's labels of a run: labels/<name>.jsonl, which only grows; its first line says which trials were drawn to be labelled. */
import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { AssayError } from "../core/errors.ts";
import { hashOf } from "../core/json.ts";
import { labelSampleSchema, labelSchema, type Label, type LabelSample } from "../core/label.ts";
import { nameHint } from "../core/nearest.ts";
import { AppendFile } from "./append-file.ts";
import { DiskFailure } from "./disk-failure.ts";
import { readLines } from "./lines.ts";
import { cutTornLine } from "./repair.ts";
import { acquireLock } from "./run-lock.ts";

export interface Labels {
  /** Relative to the run folder. */
  readonly file: string;
  readonly sample: LabelSample;
  /** Every line, oldest first. */
  readonly labels: readonly Label[];
}

export interface OpenedLabels extends Labels, AsyncDisposable {
  /** Resolves when they are written. Rejects with `run/disk`. */
  add(labels: readonly Label[]): Promise<void>;
}

const NAME = /^\w[\w.-]{0,80}$/;

/** Throws `usage/bad-option` for a name that is no file name. */
function fileOf(name: string): string {
  if (NAME.test(name)) return `labels/${name}.jsonl`;
  throw new AssayError("usage/bad-option", `--name ${name}: expected letters, digits, ".", "_" and "-".`);
}

/** Undefined where there is none of this name. Throws `run/format` where the file is damaged. */
export async function readLabels(runPath: string, name: string): Promise<Labels | undefined> {
  const file = fileOf(name);
  const path = join(runPath, file);
  const labels: Label[] = [];
  let sample: LabelSample | undefined;
  try {
    for await (const { text, isTorn } of readLines(path)) {
      if (isTorn) break;
      const value: unknown = JSON.parse(text);
      if (sample) labels.push(labelSchema.parse(value));
      else sample = labelSampleSchema.parse(value);
    }
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && cause.code === "ENOENT") return undefined;
    throw new AssayError("run/format", `${path} is damaged.`, { hint: "Restore it from a copy.", cause });
  }
  return sample && { file, sample, labels };
}

/** Names of what there is, sorted. */
async function labelNames(runPath: string): Promise<string[]> {
  const files = await readdir(join(runPath, "labels")).catch(() => []);
  return files.flatMap((file) => /^(.+)\.jsonl$/.exec(file)?.[1] ?? []).toSorted();
}

/** The same as {@link readLabels}, but a missing one is `run/not-found`, with the nearest name. */
export async function requireLabels(runPath: string, name: string): Promise<Labels> {
  const found = await readLabels(runPath, name);
  if (found) return found;
  const names = await labelNames(runPath);
  throw new AssayError("run/not-found", `${runPath} has no labels named ${JSON.stringify(name)}.`, {
    hint: names.length > 0 ? nameHint(name, names) : `Draw trials to label: assay label sample ${runPath}`,
  });
}

/** Opens them to add some. Throws as {@link requireLabels} does, and `run/locked` while another process adds. */
export async function openLabels(runPath: string, name: string): Promise<OpenedLabels> {
  await requireLabels(runPath, name);
  return open(runPath, name, undefined);
}

/**
 * Begins a file of labels. Where there is one of this name already it is returned as it is if it was drawn in the same way from the same
 * trials. Throws `usage/bad-option` where it was drawn otherwise: labels are never overwritten.
 */
export async function beginLabels(runPath: string, sample: LabelSample): Promise<Labels> {
  await using opened = await open(runPath, sample.name, sample);
  const drawOf = (one: LabelSample) => hashOf({ ...one, createdAt: null });
  if (drawOf(opened.sample) === drawOf(sample)) return opened;
  throw new AssayError(
    "usage/bad-option",
    `--name ${sample.name}: there are labels of that name already, drawn otherwise (${opened.file}).`,
    {
      hint: `Draw under another name: --name ${sample.name}-2`,
    },
  );
}

async function open(runPath: string, name: string, begin: LabelSample | undefined): Promise<OpenedLabels> {
  const file = fileOf(name);
  const path = join(runPath, file);
  const failure = new DiskFailure(runPath, { again: "the same command" });
  await using opening = new AsyncDisposableStack();
  try {
    await mkdir(join(runPath, "labels"), { recursive: true });
    const lock = await acquireLock(join(runPath, "labels", `${name}.lock`), (error) => failure.report(file, error));
    opening.defer(() => lock.release());
    await cutTornLine(path);
    const found = await readLabels(runPath, name);
    const sample = found?.sample ?? begin;
    if (!sample) throw new AssayError("run/format", `${path} has no first line.`, { hint: "Remove it, and draw again." });
    const appended = new AppendFile({ path, name: file, failure, existing: "any" });
    opening.defer(() => appended.close());
    const write = async (lines: readonly unknown[]) => {
      appended.append(lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
      await appended.written();
    };
    if (!found) await write([sample]);
    const opened = opening.move();
    return { file, sample, labels: found?.labels ?? [], add: write, [Symbol.asyncDispose]: () => opened.disposeAsync() };
  } catch (cause) {
    throw failure.report(file, cause);
  }
}

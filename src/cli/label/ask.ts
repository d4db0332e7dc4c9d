/** What `assay label ask` does: shows one drawn trial after the other, and appends each label as it is given. */
import { createInterface } from "node:readline";
import { currentLabels } from "../../analysis/labels/current-labels.ts";
import { labelOf } from "../../analysis/labels/import-labels.ts";
import { sheetRows } from "../../analysis/labels/sheet-rows.ts";
import type { SheetRow } from "../../analysis/labels/sheet.ts";
import { toAssayError } from "../../core/errors.ts";
import { findRun } from "../../run/find-run.ts";
import { openLabels, type OpenedLabels } from "../../store/labels.ts";
import { EXIT_INTERRUPTED } from "../run/interrupt.ts";
import { renderLine, styled, type Line } from "../terminal/line.ts";
import { printable } from "../terminal/printable.ts";
import { countOf, countText } from "../terminal/quantities.ts";
import { labellerHere } from "./labeller.ts";
import { trialsIfAny } from "./sample.ts";

export interface AskFlags {
  name: string;
  labeller?: string;
  out: string;
}

const PROMPT = "label (a number or a word; nothing: skip; q: leave): ";

/** Returns the exit code. Whatever ends it, labels that were given are on disk. */
export async function askForLabels(run: string, { name, labeller = labellerHere(), out }: AskFlags): Promise<number> {
  const path = await findRun(run, out);
  await using labels = await openLabels(path, name);
  const current = currentLabels(labels.labels);
  const isLabelled = (trialId: string) => current.get(trialId)?.some((label) => label.labeller === labeller) === true;
  const left = labels.sample.drawn.filter(({ trialId }) => !isLabelled(trialId));
  const rows = await sheetRows(path, left, await trialsIfAny(path));
  const { given, isInterrupted } = await askEach(rows, labels, labeller);
  const remaining = rows.length - given;
  const next = remaining === 0 ? `Next: assay calibrate ${path} --scorer NAME` : "The same command goes on with them.";
  write([[], [`${countOf(given, "label")} added, ${countText(remaining)} without one. ${next}`]]);
  return isInterrupted ? EXIT_INTERRUPTED : 0;
}

async function askEach(
  rows: readonly SheetRow[],
  labels: OpenedLabels,
  labeller: string,
): Promise<{ given: number; isInterrupted: boolean }> {
  await using asker = openAsker();
  let given = 0;
  for (const [index, row] of rows.entries()) {
    write(rowLines(row, `${index + 1} of ${rows.length}`));
    const answer = await asker.ask();
    if (answer === undefined) break;
    if (answer === "") continue;
    await labels.add([{ trialId: row.trial, attempt: row.attempt, label: answer, labeller, at: new Date().toISOString() }]);
    given += 1;
  }
  return { given, isInterrupted: asker.isInterrupted };
}

interface Asker extends AsyncDisposable {
  readonly isInterrupted: boolean;
  /** A label, nothing for a trial to be skipped, undefined where the person leaves. What cannot be a label is asked again. */
  ask(): Promise<string | number | undefined>;
}

function openAsker(): Asker {
  const { stdin, stdout } = process;
  const reader = createInterface({ input: stdin, output: stdout, prompt: PROMPT });
  // What was typed ahead, or comes through a pipe, is still there when the input has ended.
  const lines = reader[Symbol.asyncIterator]();
  let isClosed = false;
  let isInterrupted = false;
  reader.on("close", () => (isClosed = true));
  const interrupt = () => {
    isInterrupted = true;
    reader.close();
  };
  // On a terminal readline takes Ctrl-C itself.
  reader.on("SIGINT", interrupt);
  process.on("SIGINT", interrupt).on("SIGTERM", interrupt);
  const ask = async (): Promise<string | number | undefined> => {
    if (!isClosed) reader.prompt();
    const { value, done } = await lines.next();
    if (done || isInterrupted || value.trim() === "q") return undefined;
    try {
      return labelOf(value, "This") ?? "";
    } catch (error) {
      write([[toAssayError(error).message]]);
      return ask();
    }
  };
  return {
    ask,
    get isInterrupted() {
      return isInterrupted;
    },
    async [Symbol.asyncDispose]() {
      process.off("SIGINT", interrupt).off("SIGTERM", interrupt);
      reader.close();
    },
  };
}

function rowLines({ trial, question, output, reference }: SheetRow, place: string): Line[] {
  const part = (head: string, text: string | null): Line[] =>
    text === null || text === ""
      ? []
      : [
          [styled(head, "bold")],
          ...printable(text)
            .split("\n")
            .map((line): Line => [`  ${line}`]),
        ];
  return [
    [],
    [styled(`── ${place}  ${trial}`, "dim")],
    ...part("question", question),
    ...part("answer", output ?? "(none)"),
    ...part("reference", reference),
  ];
}

function write(lines: readonly Line[]): void {
  const { stdout } = process;
  stdout.write(lines.map((line) => `${renderLine(line, stdout)}\n`).join(""));
}

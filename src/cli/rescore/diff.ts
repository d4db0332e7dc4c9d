/** `assay rescore --diff PASS_A PASS_B`: which verdicts changed. */
import { AssayError } from "../../core/errors.ts";
import { findRun } from "../../run/find-run.ts";
import { diffPasses, type ChangedScore, type PassDifference } from "../../run/rescore/diff-passes.ts";
import { findPass } from "../../store/score-pass.ts";
import { jsonLine } from "../terminal/json-line.ts";
import { renderLine, styled, type Line } from "../terminal/line.ts";
import { countOf, countText, scoreText } from "../terminal/quantities.ts";
import { layTable, type Row } from "../terminal/table.ts";

/** Returns the exit code. */
export async function diffFromFlags(
  runs: readonly string[],
  passes: readonly string[],
  { out, json }: { out: string; json?: boolean },
): Promise<number> {
  const [a, b, ...rest] = passes;
  if (a === undefined || b === undefined || rest.length > 0 || runs.length > 1) {
    throw new AssayError("usage/bad-option", `--diff takes two passes, of one run or by their files; not ${passes.length}.`, {
      hint: "assay rescore --diff runs/<run id>/scores/<pass>.jsonl runs/<run id>/scores/<pass>.jsonl",
    });
  }
  const [run] = runs;
  const path = run === undefined ? undefined : await findRun(run, out);
  const difference = await diffPasses(await findPass(a, path), await findPass(b, path));
  const { stdout } = process;
  if (json) stdout.write(jsonLine({ schema: "assay/rescore-diff@1", ...difference }));
  else for (const line of lines(difference, stdout.isTTY ? stdout.columns : Infinity)) stdout.write(`${renderLine(line, stdout)}\n`);
  return 0;
}

const MOST_ROWS = 50;
const COLUMNS = [{ head: "trial" }, { head: "A" }, { head: "B" }, { head: "" }];

function lines({ passes, both, same, raised, lowered, unscored, onlyA, onlyB, changed }: PassDifference, columns: number): Line[] {
  return [
    ...passes.map(({ file, pass }, index): Line => [
      styled(index === 0 ? "A  " : "B  ", "bold"),
      file,
      styled(`  ${judgesOf(pass)}`, "dim"),
    ]),
    [],
    ...(changed.length > 0 ? [...layTable(COLUMNS, changed.slice(0, MOST_ROWS).map(rowOf), columns), []] : []),
    ...(changed.length > MOST_ROWS ? [[styled(`… and ${countText(changed.length - MOST_ROWS)} more (--json has all)`, "dim")], []] : []),
    [
      `${countText(changed.length)} of ${countOf(both, "score")} changed: ${countText(raised)} up, ${countText(lowered)} down, ` +
        `${countText(unscored)} with a value on one side only; ${countText(same)} the same`,
    ],
    ...(onlyA + onlyB > 0 ? [[styled(`${countText(onlyA)} only in A, ${countText(onlyB)} only in B`, "yellow")]] : []),
  ];
}

function judgesOf({ judging }: PassDifference["passes"][number]["pass"]): string {
  return judging ? judging.judges.join(", ") : "";
}

function rowOf({ trialId, a, b }: ChangedScore): Row {
  return [trialId, sideText(a), styled(sideText(b), "yellow"), styled(b.reason ?? a.reason ?? "", "dim")];
}

function sideText({ value, label }: ChangedScore["a"]): string {
  const number = value === null ? "–" : scoreText(value);
  return label ? `${number} ${label}` : number;
}

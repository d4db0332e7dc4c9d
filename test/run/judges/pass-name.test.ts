/** A pass is named by all that decides its scores, and by nothing else: the same name is the same pass. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { hashOf } from "../../../src/core/json.ts";
import { scorePassSchema, type ScorePass } from "../../../src/core/record.ts";
import { JUDGING_VERSION } from "../../../src/scoring/judging/render-prompt.ts";
import { onlyRun, project, type Project } from "../project.ts";
import { judgeServer, verdict } from "./judge-server.ts";
import { passOf, storedRun } from "./passes.ts";
import { compare, qaTask } from "./qa-task.ts";

async function headOf({ folder }: Project, { path, file }: { path: string; file: string }): Promise<ScorePass> {
  const [head = ""] = (await readFile(join(folder, path, file), "utf8")).split("\n");
  return scorePassSchema.parse(JSON.parse(head));
}

test("the name is a hash of the first line, which tells the version of what is asked, and not where the judge is", async () => {
  await using folder = await project({ "task.ts": qaTask({ count: 1 }) });
  await using server = await judgeServer((asked) => verdict(compare(asked)));
  await using elsewhere = await judgeServer((asked) => verdict(compare(asked)));
  const path = await storedRun(folder);
  const first = passOf(await folder.assay(["rescore", path, "--scorer", "grade", "--judge", server.spec(), "--json"]));
  const { format: _format, createdAt: _createdAt, pass, ...about } = await headOf(folder, first);
  expect(about.judging?.version).toBe(JUDGING_VERSION);
  expect(pass).toBe(`grade-${hashOf(about).slice(0, 12)}`);
  const again = passOf(await folder.assay(["rescore", path, "--scorer", "grade", "--judge", elsewhere.spec(), "--json"]));
  expect([again.file, again.wasFinished]).toEqual([first.file, true]);
});

test("a run that has gone on since is compared with anew: trials without an opponent get one", async () => {
  await using folder = await project({ "task.ts": qaTask({ count: 4 }) });
  await using server = await judgeServer(() => verdict("tie"));
  const path = await storedRun(folder);
  const other = onlyRun(await folder.assay(["run", "-m", "mock/oracle", "-t", "./task.ts", "--judge", "none", "--json"]));
  const predictions = join(folder.folder, other.path, "predictions.jsonl");
  const all = await readFile(predictions, "utf8");
  const command = ["rescore", path, "--scorer", "pairwise", "--judge", server.spec(), "--against", other.path, "--json"];
  // As it was when two of its trials were finished.
  await writeFile(predictions, all.split("\n").slice(0, 2).join("\n").concat("\n"));
  const early = passOf(await folder.assay(command));
  expect(early.counts).toMatchObject({ scored: 2, unscored: 2 });
  expect(passOf(await folder.assay(command))).toMatchObject({ file: early.file, wasFinished: true });
  await writeFile(predictions, all);
  const late = passOf(await folder.assay(command));
  expect(late).toMatchObject({ wasFinished: false, counts: { scored: 4, unscored: 0 }, judging: { calls: 4 } });
  expect((await headOf(folder, late)).opponents?.trials).toBe(4);
});

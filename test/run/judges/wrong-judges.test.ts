/** Judges that are named wrongly, are not there, or answer what is no grade: said in a line, and nothing is made up. */
import { expect, test } from "vitest";
import { project } from "../project.ts";
import { judgeServer, verdict } from "./judge-server.ts";
import { passOf, storedRun } from "./passes.ts";
import { qaTask } from "./qa-task.ts";

test("what cannot be meant is refused in one line before anything is asked", async () => {
  await using folder = await project({ "task.ts": qaTask({ count: 1 }) });
  await using server = await judgeServer(() => verdict("correct"));
  const path = await storedRun(folder);
  const refusal = async (...words: string[]) => {
    const { code, lastLine } = await folder.assay(["rescore", path, "--judge", server.spec(), ...words]);
    return [code, lastLine];
  };
  const refused = (text: string) => [2, expect.stringContaining(text)];
  expect(await refusal("--scorer", "grade", "--replicates", "1000000000")).toEqual(refused("judging.replicates=1000000000"));
  expect(await refusal("--scorer", "grade", "-o", "judging.panel=best")).toEqual(refused("expected plurality, mean, median"));
  expect(await refusal("--scorer", "grade", "--judge", "none")).toEqual(refused("--judge none stands beside other judges."));
  expect(await refusal("--scorer", "pairwise")).toEqual(refused("Name the other: --against RUN"));
  expect(await refusal("--scorer", "grade", "--against", path)).toEqual(refused("the scorer grade compares no runs."));
  expect(await refusal("--scorer", "nothing")).toEqual(refused("there is no such judge"));
  expect(await refusal("--diff", `${path}/predictions.jsonl`, `${path}/predictions.jsonl`)).toEqual(
    refused("is no scoring pass of this version"),
  );
  expect(server.requests).toHaveLength(0);
}, 60_000);

test("a judge that nobody answers for ends in exit code 1 and a line that says what to do about the judge", async () => {
  await using folder = await project({ "task.ts": qaTask({ count: 3 }) });
  const server = await judgeServer(() => verdict("correct"));
  const path = await storedRun(folder);
  await server.close();
  const { code, stderr, stdout } = await folder.assay([
    "rescore",
    path,
    "--scorer",
    "grade",
    "--judge",
    server.spec("judge", "&retries=0"),
    "--json",
  ]);
  expect(code).toBe(1);
  expect(stderr).toContain("No judge gave a verdict: ");
  expect(stderr).toContain("--judge 'provider/model?baseURL=");
  expect(stderr).not.toContain("-o provider");
  expect(stdout).toContain('"unscored":3');
}, 60_000);

test.each(['"1"', "Number.NaN", "1e308 * 10"])(
  "a grade of %s is no value",
  async (value) => {
    await using folder = await project({ "task.ts": qaTask({ count: 1 }).replace("value: answer?.value ?? null,", `value: ${value},`) });
    await using server = await judgeServer(() => verdict("correct"));
    const path = await storedRun(folder);
    const words = ["rescore", path, "--scorer", "grade", "--judge", server.spec(), "--json"];
    const pass = passOf(await folder.assay(words));
    expect(pass.counts).toMatchObject({ scored: 0, unscored: 1 });
    expect(pass.trials[0]?.score.reason).toContain("which is no number");
    expect(passOf(await folder.assay(words)).wasFinished).toBe(true);
  },
  60_000,
);

import fc from "fast-check";
import { expect, test } from "vitest";
import { countingTask, onlyRun, project, type Project, trialsIn } from "./project.ts";

const FROM_ROWS = countingTask({ count: 1 });
const lines = (numbers: readonly number[]) => numbers.map((n) => `${JSON.stringify({ n })}\n`).join("");
const numbers = Array.from({ length: 30 }, (_, index) => index + 1);
const [shuffled = []] = fc.sample(fc.shuffledSubarray(numbers, { minLength: 30 }), { numRuns: 1, seed: 1 });

async function drawn(folder: Project, file: string, ...options: string[]): Promise<string[]> {
  const finished = await folder.assay(["run", "-m", "mock/oracle", "-t", "./task.ts", "-o", `data=${file}`, "--json", "--new", ...options]);
  return (await trialsIn(folder, onlyRun(finished))).map((row) => row.instanceId).toSorted();
}

const withRows = () => project({ "task.ts": FROM_ROWS, "sorted.jsonl": lines(numbers), "shuffled.jsonl": lines(shuffled) });

test("--sample draws the same instances by the same seed whatever the file's order, others by another seed", async () => {
  await using folder = await withRows();
  const first = await drawn(folder, "sorted.jsonl", "--sample", "8", "--seed", "1");
  expect(first).toHaveLength(8);
  expect(await drawn(folder, "shuffled.jsonl", "--sample", "8", "--seed", "1")).toEqual(first);
  expect(await drawn(folder, "sorted.jsonl", "--sample", "8", "--seed", "2")).not.toEqual(first);
  // Larger samples hold the smaller: what was run before need not be run again elsewhere.
  expect(await drawn(folder, "sorted.jsonl", "--sample", "12", "--seed", "1")).toEqual(expect.arrayContaining(first));
});

test("-n takes the first of the file, and the first of a sample where both are given", async () => {
  await using folder = await withRows();
  const idsOf = (chosen: readonly number[]) => chosen.map((n) => `n${n}`).toSorted();
  expect(await drawn(folder, "shuffled.jsonl", "-n", "4")).toEqual(idsOf(shuffled.slice(0, 4)));
  const sample = await drawn(folder, "shuffled.jsonl", "--sample", "8");
  const both = await drawn(folder, "shuffled.jsonl", "--sample", "8", "-n", "3");
  expect(both).toEqual(
    idsOf(shuffled)
      .filter((id) => sample.includes(id))
      .toSorted((a, b) => shuffled.indexOf(Number(a.slice(1))) - shuffled.indexOf(Number(b.slice(1))))
      .slice(0, 3)
      .toSorted(),
  );
});

test("--instance takes those named, and answers an unknown one with the nearest", async () => {
  await using folder = await withRows();
  expect(await drawn(folder, "sorted.jsonl", "--instance", "n30", "--instance", "n7")).toEqual(["n30", "n7"]);
  const refused = await folder.assay(["run", "-m", "mock/oracle", "-t", "./task.ts", "-o", "data=sorted.jsonl", "--instance", "n77"]);
  expect(refused.code).toBe(2);
  expect(refused.stderr).toMatch(/^assay: .*no instance "n77".*Did you mean n7\?.*\[usage\/unknown-name\]\n$/);
});

test("two instances of one id are refused: their trials could not be told apart", async () => {
  await using folder = await project({ "task.ts": FROM_ROWS, "twice.jsonl": lines([1, 2, 1]) });
  const refused = await folder.assay(["run", "-m", "mock/oracle", "-t", "./task.ts", "-o", "data=twice.jsonl"]);
  expect(refused).toMatchObject({ code: 2, stderr: expect.stringMatching(/two instances have the id "n1"/) });
});

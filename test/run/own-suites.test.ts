/** Suites in a user's own files: which tasks they become, and what is made of their scores. */
import { expect, test } from "vitest";
import { runAssay } from "../cli/run-assay.ts";
import { sumsTask } from "../cli/sums.ts";

const { "sums.ts": right = "" } = sumsTask({ count: 2 });
const { "sums.ts": wrong = "" } = sumsTask({ count: 2, wrong: [1, 2] });
const named = (name: string, task: string) => task.replace('name: "sums"', `name: "${name}"`);

const suiteText = (name: string, members: readonly string[], aggregation: string) =>
  `name: ${name}\ndescription: A suite.\nmembers: ${JSON.stringify(members)}\naggregation: ${aggregation}\n`;

test("members lie beside the suite: tasks, their variants and suites, each child of which counts once", async () => {
  const variants = 'variants: { twice: { description: "Two epochs.", epochs: 2 } },\n  primaryMetric:';
  const { stdout, stderr } = await runAssay(
    {
      "own/right.ts": named("right", right),
      "own/wrong.ts": named("wrong", wrong).replace("primaryMetric:", variants),
      "own/inner.yaml": suiteText("inner", ["./wrong.ts", "./wrong.ts:twice"], "AVERAGE"),
      "own/outer.yaml": suiteText("outer", ["./inner.yaml", "./right.ts"], "AVERAGE_OF_AVERAGES"),
    },
    ["run", "-m", "mock/oracle", "-t", "./own/outer.yaml", "--json"],
  );
  expect(stderr).not.toMatch(/^assay: /m);
  const [run] = JSON.parse(stdout).runs;
  expect(run.counts).toMatchObject({ planned: 8, completed: 8 });
  expect(run.suites).toMatchObject([{ name: "outer", tasks: ["wrong", "wrong:twice", "right"], missing: [], value: 0.5 }]);
});

test("two tasks of the same name are refused, with both their files", async () => {
  const files = { "sums.ts": right, "other.ts": right };
  const { code, stderr } = await runAssay(files, ["run", "-m", "mock/oracle", "-t", "./sums.ts", "-t", "./other.ts"]);
  expect(code).toBe(2);
  expect(stderr).toMatchInlineSnapshot(`
    "assay: ./sums.ts and ./other.ts are two tasks of the same name, sums. Give one of them another name. [config/invalid]
    "
  `);
});

test("a suite that lacks something is refused as a suite, with the page that shows one", async () => {
  const { code, stderr } = await runAssay({ "bad.yaml": "name: bad\nmembers: [gsm8k]\n" }, [
    "run",
    "-m",
    "mock/oracle",
    "-t",
    "./bad.yaml",
  ]);
  expect(code).toBe(2);
  expect(stderr).toMatchInlineSnapshot(`
    "assay: ./bad.yaml is not a suite: description: Invalid input: expected string, received undefined. docs/extending.md#a-suite shows one. [config/invalid]
    "
  `);
});

/** Parts of a user's own, as docs/extending.md shows them: what they do is seen in the run, from a folder that is not the project's. */
import { expect, test } from "vitest";
import { fencesOf, pagePaths, pageText } from "../../scripts/docs/fences.ts";
import { runAssay } from "../cli/run-assay.ts";
import { judgeServer, verdict } from "../run/judges/judge-server.ts";
import { onlyRun, project } from "../run/project.ts";

const fences = pagePaths().flatMap((page) => fencesOf(page, pageText(page)));
const shown = (...names: string[]) =>
  Object.fromEntries(names.map((name) => [name, fences.find(({ file }) => file === name)?.text ?? `no page shows ${name}`]));

interface Run {
  harness: string;
  counts: Record<string, number>;
  tasks: { metrics: Record<string, { value: number }> }[];
}

/** Runs and gives back the runs of the result and every trace event. */
async function run(files: Record<string, string>, ...args: string[]) {
  const result = await runAssay(files, ["run", ...args, "--json"], { timeoutMs: 120_000 });
  expect(result.stderr).not.toMatch(/^assay: /m);
  const { runs } = JSON.parse(result.stdout) as { runs: Run[] };
  const events = Object.entries(result.files)
    .filter(([path]) => /\/traces\/.*\.jsonl$/.test(path))
    .flatMap(([, text]) => text.trim().split("\n"))
    .map((line) => JSON.parse(line) as { type: string } & Record<string, unknown>);
  return { runs, events };
}

test("a harness in YAML gives its tools, one of them a file beside it, its prompt and its limits", async () => {
  const { "careful.yaml": careful = "", "count-lines.ts": tool = "", ...task } = shown("careful.yaml", "count-lines.ts", "my-task.ts");
  const files = { ...task, "harnesses/careful.yaml": careful, "harnesses/count-lines.ts": tool };
  const { runs, events } = await run(files, "-m", "mock/oracle", "-t", "./my-task.ts", "-n", "1", "-H", "./harnesses/careful.yaml");
  expect(runs).toMatchObject([{ harness: "careful", counts: { completed: 1, error: 0 } }]);
  expect(events.find(({ type }) => type === "model.request")).toMatchObject({ tools: ["bash", "count_lines", "submit"] });
  expect(JSON.stringify(events)).toContain("Look before you change anything.");
});

test("a suite runs the tasks whose files lie beside it, and aggregates them", async () => {
  const files = Object.entries(shown("my-suite.ts", "my-task.ts", "three-lines.ts"));
  const beside = Object.fromEntries(files.map(([name, text]) => [`suites/${name}`, text]));
  const { runs } = await run(beside, "-m", "mock/oracle", "-t", "./suites/my-suite.ts");
  expect(runs).toMatchObject([
    {
      counts: { planned: 5, completed: 5 },
      suites: [{ name: "first-look", aggregation: "AVERAGE", tasks: ["sums", "three-lines"], value: 1, missing: [] }],
    },
  ]);
});

test("a scorer in a task's file grades, and its metric has its name", async () => {
  const { runs } = await run(shown("three-lines.ts"), "-m", "mock/echo", "-t", "./three-lines.ts");
  expect(runs[0]?.tasks[0]?.metrics["closeness"]?.value).toBeCloseTo((1 / 3 + 1 / 5) / 2);
});

test("a scaffold drives the model: here it asks twice", async () => {
  const { runs, events } = await run(
    shown("my-task.ts", "twice.yaml", "second-thought.ts"),
    "-m",
    "mock/oracle",
    "-t",
    "./my-task.ts",
    "-n",
    "1",
    "-H",
    "./twice.yaml",
  );
  expect(runs).toMatchObject([{ harness: "twice", counts: { completed: 1 } }]);
  expect(events.filter(({ type }) => type === "model.response")).toHaveLength(2);
  expect(JSON.stringify(events)).toContain("Check that, then give the final answer alone.");
});

test("a sandbox that is another with something changed is what the commands run in", async () => {
  const task = shown("my-task.ts")["my-task.ts"]?.replace("{ text: answer }", '{ commands: ["cat RULES.md"], answer }') ?? "";
  const { runs, events } = await run(
    { ...shown("with-rules.ts"), "my-task.ts": task },
    "-m",
    "mock/oracle",
    "-t",
    "./my-task.ts",
    "-n",
    "1",
    "-H",
    "agent",
    "--sandbox",
    "./with-rules.ts",
  );
  expect(runs).toMatchObject([{ counts: { completed: 1, error: 0 } }]);
  expect(events.find(({ type, phase }) => type === "sandbox.exec" && phase === "tool")).toMatchObject({
    stdout: "Look before you change anything.\n",
  });
});

test("a judge in a file of its own grades the answers of a stored run, with its own metric", async () => {
  await using server = await judgeServer((asked) => verdict(asked.text("submission").length < 50 ? "yes" : "no"));
  await using folder = await project(shown("free-answers.ts", "plain-words.ts"));
  const { path } = onlyRun(await folder.assay(["run", "-m", "mock/oracle", "-t", "./free-answers.ts", "--judge", "none", "--json"]));
  const { stdout } = await folder.assay(["rescore", path, "--scorer", "./plain-words.ts", "--judge", server.spec(), "--json"]);
  const { runs } = JSON.parse(stdout) as { runs: Run[] };
  expect(runs[0]?.tasks[0]?.metrics["mean"]?.value).toBe(0.5);
});

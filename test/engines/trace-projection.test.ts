/** The same trial leaves the same trace on every sandbox, as far as a projection tells it. */
import { beforeAll, describe, expect, it } from "vitest";
import { projectTrace } from "../../src/store/trace-projection.ts";
import { oneTrialTask, storedRun } from "../run/stored-run.ts";
import { startStandIn } from "../modal-standin/stand-in.ts";
import { testEngines } from "./engines.ts";

const PRINT_BYTES =
  "import sys\nsys.stdout.buffer.write(bytes(n % 256 for n in range(300_000)))\nsys.stderr.write('é\\n' * 40_000)\nsys.exit(7)\n";

const COMMANDS = [
  "ls; cat input.txt; cat no-such-file; echo err >&2; exit 3",
  "python3 print.py",
  "sed -i -e 's/one/eins/' input.txt && mkdir -p deep/er && echo made > deep/er/made.txt && chmod 700 deep/er/made.txt",
  "echo passing > passing.txt",
  "rm passing.txt remove-me.txt && mv rename-me.txt renamed.txt && ln -s input.txt link && cp -r deep copy",
  "cd deep && printf 'a\\tb\\n' | tr a-z A-Z && false",
  "seq 1 20000",
];

const TASK = oneTrialTask(`
  files: { "input.txt": "one\\ntwo\\n", "remove-me.txt": "x", "rename-me.txt": "to be moved\\n", "print.py": ${JSON.stringify(PRINT_BYTES)} },
  reference: { commands: ${JSON.stringify(COMMANDS)}, answer: "42" },
`);

async function project(sandbox: string, environment: Record<string, string> = {}): Promise<string[]> {
  await using run = await storedRun(TASK, ["-m", "mock/oracle", "-H", "agent", "--sandbox", sandbox], environment);
  return projectTrace(await Array.fromAsync(run.events()));
}

const engines = await testEngines("docker", "rootful", "rootless");

describe.runIf(engines.some(({ isHere }) => isHere))("the projection of a trial", () => {
  const expected: string[] = [];
  beforeAll(async () => void expected.push(...(await project("embedded"))));

  it("tells what the task did", () => {
    expect(expected.filter((line) => /^(file|score|trial\.end)/.test(line))).toMatchInlineSnapshot(`
      [
        "score.given {"answer":"42","name":"exact","value":1}",
        "trial.end {"status":"completed","toolCalls":8,"turns":8}",
        "file "/workspace/copy" created folder 755",
        "file "/workspace/copy/er" created folder 755",
        "file "/workspace/copy/er/made.txt" created file 700 5 bytes 9ccbd3f1b19a1cdf",
        "file "/workspace/deep" created folder 755",
        "file "/workspace/deep/er" created folder 755",
        "file "/workspace/deep/er/made.txt" created file 700 5 bytes 9ccbd3f1b19a1cdf",
        "file "/workspace/input.txt" changed file 644 9 bytes 76c42883f55d56aa",
        "file "/workspace/link" created link → "input.txt"",
        "file "/workspace/remove-me.txt" deleted",
        "file "/workspace/rename-me.txt" deleted",
        "file "/workspace/renamed.txt" created file 644 12 bytes d6f95b29b91c7602",
      ]
    `);
    expect(expected.filter((line) => line.startsWith("sandbox.exec"))).toHaveLength(COMMANDS.length);
    expect(expected.find((line) => line.includes("print.py"))).toBeDefined();
  });

  for (const { title, backend, environment, isHere } of engines)
    it.runIf(isHere)(`is the same on ${title} as on embedded`, { timeout: 120_000 }, async () => {
      expect(await project(backend, environment)).toEqual(expected);
    });

  const docker = engines.find(({ backend }) => backend === "docker");
  it.runIf(docker?.isHere)("is the same in Modal, as its stand-in plays it, as on embedded", { timeout: 120_000 }, async () => {
    await using standIn = await startStandIn();
    expect(await project("modal", standIn.environment)).toEqual(expected);
    await standIn.noUnimplementedCalls();
  });
});

/** A tool says what it plays, a scaffold what it needs: a user's own shell serves as well as the built-in one. */
import { expect, test } from "vitest";
import { defineTool, z } from "../../src/index.ts";
import { runAssay } from "../cli/run-assay.ts";

const TASK = `import { accuracy, defineTask, verifier, z } from "assay";

export default defineTask({
  name: "touch",
  description: "Asks for a file.",
  source: () => [{ file: "a.txt" }],
  row: z.object({ file: z.string() }),
  toInstance: (row) => ({ id: row.file, data: row, reference: { commands: ["printf made > " + row.file], answer: "done" } }),
  format: ({ data }) => ({ kind: "chat", messages: [{ role: "user", content: "Make " + data.file }] }),
  scorers: [verifier({ files: {}, command: "grep -q made a.txt" })],
  metrics: [accuracy({ score: "verifier" })],
  primaryMetric: "accuracy",
  sandbox: {},
});
`;

const SHELL = `import { commandOutput, defineTool, z } from "assay";

export default defineTool({
  name: "my_shell",
  description: "Run a command in my way.",
  plays: "command",
  input: z.object({ command: z.string() }),
  async execute({ command }, { sandbox, signal, commandTimeoutMs: timeoutMs }) {
    return commandOutput(await sandbox.exec(command, { signal, timeoutMs }), { timeoutMs });
  },
});
`;

const files = { "touch.ts": TASK, "my-shell.ts": SHELL };
const harness = (scaffold: string, tools: string) => `name: mine\nscaffold: ${scaffold}\ntools: [${tools}]\n`;
const run = (yaml: string, ...more: string[]) =>
  runAssay({ ...files, "mine.yaml": yaml }, ["run", "-m", "mock/oracle", "-t", "./touch.ts", "-H", "./mine.yaml", ...more]);

test.each(["react", "bash-block"])("a shell of one's own serves the oracle under %s", async (scaffold) => {
  const result = await run(harness(scaffold, "./my-shell.ts"), "--json");
  expect(JSON.parse(result.stdout)).toMatchObject({ runs: [{ tasks: [{ metrics: { accuracy: { value: 1 } } }] }] });
  const traces = Object.entries(result.files).filter(([path]) => /\/traces\/.*\.jsonl$/.test(path));
  expect(traces.map(([, text]) => text).join("")).toContain('"name":"my_shell","input":{"command":"printf made > a.txt"}');
});

test("a harness without a tool that its scaffold needs is refused, with the tools that would do", async () => {
  const { code, stderr } = await run(harness("bash-block", "submit"));
  expect({ code, stderr }).toEqual({
    code: 2,
    stderr:
      "assay: Harness mine: the scaffold bash-block needs a tool that runs a shell command, which none of its tools does. " +
      'Add one to its tools: bash, or bash_session, or one of your own with plays: "command". [config/unsupported]\n',
  });
});

test("a sandbox that lacks something is refused with those that have it", async () => {
  const refusal = async (sandbox: string) => {
    const task = TASK.replace("sandbox: {}", `sandbox: ${sandbox}`);
    const { stderr } = await runAssay({ "touch.ts": task }, ["run", "-m", "mock/oracle", "-t", "./touch.ts", "--sandbox", "embedded"]);
    return stderr;
  };
  expect(await refusal('{ needs: ["hasProcesses"] }')).toBe(
    "assay: task touch needs a sandbox that runs real processes: background jobs, signals, process groups (hasProcesses), " +
      "which embedded does not. Choose one that does: --sandbox docker or --sandbox modal or --sandbox podman. [config/unsupported]\n",
  );
});

test("a tool whose input does not fit the role that it plays cannot be defined", () => {
  const parts = { name: "mine", description: "Mine.", execute: () => ({ text: "" }) };
  const define = (input: z.ZodType) => () => defineTool({ ...parts, plays: "command", input });
  expect(define(z.object({ command: z.string().min(1).describe("It."), timeoutSeconds: z.number().optional() }))).not.toThrow();
  expect(define(z.object({ command: z.string().optional() }))).not.toThrow();
  for (const input of [
    z.object({ script: z.string() }),
    z.object({ command: z.string(), folder: z.string() }),
    z.object({ command: z.array(z.string()) }),
    z.string(),
  ]) {
    expect(define(input)).toThrow(
      expect.objectContaining({
        code: "config/invalid",
        message: 'Tool mine plays "command", but its input is not a text command alone.',
        hint: "Give it input: z.object({ command: z.string() }), with any other field optional.",
      }),
    );
  }
});

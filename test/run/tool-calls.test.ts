import { expect, test } from "vitest";
import { type Answer, completion, standIn } from "../models/stand-in.ts";
import { countingTask, eventsOf, ofType, onlyRun, project, trialsIn } from "./project.ts";

/** One turn of several calls: name and arguments as the model wrote them. */
const turn = (...calls: [name: string, input: string][]): Answer => ({
  body: completion(
    null,
    calls.map(([name, input], index) => ({ id: `call_${index}`, name, arguments: input })),
  ),
});
const bash = (command: string): [string, string] => ["bash", JSON.stringify({ command })];
const submit: [string, string] = ["submit", '{"answer":"1"}'];

/** What an agent's trial recorded, and the tool messages of the last request that the server was sent. */
async function agentTrial(script: readonly Answer[]) {
  await using server = await standIn(script);
  await using folder = await project({ "task.ts": countingTask({ count: 1 }) });
  const args = ["run", "-m", "openai-compatible/local", "-t", "./task.ts", "-H", "agent", "--json", "-o", `provider.baseURL=${server.url}`];
  const run = onlyRun(await folder.assay(args));
  const [row] = await trialsIn(folder, run);
  if (!row) throw new Error("no trial");
  const messages = server.received.at(-1)?.json["messages"];
  const answers = Array.isArray(messages) ? messages.filter(({ role }) => role === "tool") : [];
  return { row, events: await eventsOf(folder, run, row), answers };
}

test("the calls of one turn are run in their order, each sees what the one before did, and all are answered", async () => {
  const { row, events, answers } = await agentTrial([
    turn(bash("echo a >> log"), bash("echo b >> log"), bash("cat log; exit 3")),
    turn(submit),
  ]);
  expect(row).toMatchObject({ status: "completed", turns: 2, toolCalls: 4 });
  expect(ofType(events, "tool.call").map(({ call, turn: of, id }) => [call, of, id])).toEqual([
    [1, 1, "call_0"],
    [2, 1, "call_1"],
    [3, 1, "call_2"],
    [4, 2, "call_0"],
  ]);
  expect(answers.map(({ tool_call_id: id }) => id)).toEqual(["call_0", "call_1", "call_2"]);
  expect(answers[2].content).toBe("a\nb\n[exit code 3]");
  expect(ofType(events, "sandbox.exec")[2]).toMatchObject({ phase: "tool", call: 3, stdout: "a\nb\n", exitCode: 3 });
});

test("what comes after a submission in the same turn is not run", async () => {
  const { row, events } = await agentTrial([turn(bash("true"), submit, bash("echo too late"))]);
  expect(row).toMatchObject({ status: "completed", output: "1", toolCalls: 2 });
  expect(ofType(events, "sandbox.exec")).toHaveLength(1);
});

test("a wrong name, wrong arguments and no JSON at all are said to the model; the calls beside them are run", async () => {
  const { row, events, answers } = await agentTrial([
    turn(["bsh", "{}"], ["bash", '{"cmd":"ls"}'], ["bash", '{"command": "ls'], bash("echo fine")),
    turn(submit),
  ]);
  expect(row).toMatchObject({ status: "completed", turns: 2, scores: [{ value: 1 }] });
  expect(ofType(events, "tool.result").map(({ failure }) => failure)).toEqual([
    "unknown-tool",
    "invalid-input",
    "invalid-input",
    undefined,
    undefined,
  ]);
  const texts = answers.map(({ content }) => content);
  expect(texts[0]).toMatch(/no tool named "bsh".*Did you mean bash\?.*bash, python, text_editor, submit/);
  expect(texts[1]).toMatch(/arguments of bash do not fit[^]*command/);
  expect(texts[2]).toMatch(/not valid JSON[^]*\{"command": "ls/);
  expect(texts[3]).toBe("fine\n[exit code 0]");
});

import { expect, test } from "vitest";
import type { ModelReply, TrialIdentity } from "../../src/index.ts";
import { parseModelSpec } from "../../src/models/client.ts";
import { isDrawn } from "../../src/models/oracle.ts";
import mock from "../../src/models/providers/mock.ts";
import { open, said, toolNamed, trial, user } from "./stand-in.ts";

/** What a model does over some turns: its texts and calls. */
async function played(spec: string, identity: Partial<TrialIdentity>, turns: number) {
  await using model = await open(mock, spec);
  const trialModel = await model.client.forTrial(trial(identity));
  const messages = [user("Make a.txt.")];
  const steps: unknown[] = [];
  for (let turn = 0; turn < turns; turn++) {
    const reply: ModelReply = await model.ask(trialModel, messages);
    messages.push(said(reply), user("next"));
    steps.push(reply.toolCalls.length > 0 ? reply.toolCalls.map(({ name, input }) => [name, input]) : reply.text);
  }
  return steps;
}

const inText: Partial<TrialIdentity> = { toolStyle: "text", writeStep: (step) => JSON.stringify(step) };
const reference = { commands: ["touch a.txt", "ls"], answer: "made" };

test("the oracle plays commands through the tools, one a turn, then submits", async () => {
  expect(await played("mock/oracle", { reference }, 3)).toEqual([
    [["bash", { command: "touch a.txt" }]],
    [["bash", { command: "ls" }]],
    [["submit", { answer: "made" }]],
  ]);
  expect(await played("mock/oracle", { reference, tools: [toolNamed("bash"), toolNamed("my_shell", "command")] }, 3)).toEqual([
    [["my_shell", { command: "touch a.txt" }]],
    [["my_shell", { command: "ls" }]],
    "made",
  ]);
  expect(await played("mock/oracle", { reference, tools: [toolNamed("my_shell", "command"), toolNamed("finish", "answer")] }, 3)).toEqual([
    [["my_shell", { command: "touch a.txt" }]],
    [["my_shell", { command: "ls" }]],
    [["finish", { answer: "made" }]],
  ]);
});

test("the oracle plays text in each style", async () => {
  expect(await played("mock/oracle", { reference: { text: "42" } }, 1)).toEqual([[["submit", { answer: "42" }]]]);
  expect(await played("mock/oracle", { reference: { text: "42" }, toolStyle: "none", tools: [] }, 1)).toEqual(["42"]);
  expect(await played("mock/oracle", { reference: { text: "42" }, ...inText }, 1)).toEqual(['{"answer":"42"}']);
});

test("the oracle writes one step a turn, as the scaffold wants it, where tools are text, and shows the commands where there are none", async () => {
  expect(await played("mock/oracle", { reference, ...inText }, 3)).toEqual([
    '{"command":"touch a.txt"}',
    '{"command":"ls"}',
    '{"answer":"made"}',
  ]);
  expect(await played("mock/oracle", { reference, toolStyle: "none", tools: [] }, 1)).toEqual(["touch a.txt\nls"]);
});

test("noop gives up at once in every style", async () => {
  expect(await played("mock/noop", { reference }, 1)).toEqual([[["submit", { answer: "I could not do it." }]]]);
  expect(await played("mock/noop", { toolStyle: "none", tools: [] }, 1)).toEqual(["I could not do it."]);
  expect(await played("mock/noop", inText, 1)).toEqual(['{"answer":"I could not do it."}']);
});

test("echo repeats the last user message", async () => {
  expect(await played("mock/echo", {}, 2)).toEqual(["Make a.txt.", "next"]);
});

test("an oracle with an accuracy fails a seeded share of the instances, whatever the epoch", async () => {
  const ids = Array.from({ length: 2000 }, (_, n) => `item-${n}`);
  const solved = (seed: number, accuracy: number) => ids.filter((id) => isDrawn({ accuracy, seed }, id));
  expect(solved(1, 0.7).length / ids.length).toBeCloseTo(0.7, 1);
  expect(solved(1, 0.7)).not.toEqual(solved(2, 0.7));
  // A better oracle of the same seed solves all that a worse one does.
  expect(solved(1, 0.9)).toEqual(expect.arrayContaining(solved(1, 0.7)));
  expect([solved(1, 0), solved(1, 1)]).toEqual([[], ids]);
  const lucky = solved(1, 0.5)[0];
  const unlucky = ids.find((id) => !solved(1, 0.5).includes(id));
  for (const epoch of [1, 2]) {
    expect(await played("mock/oracle?accuracy=0.5&seed=1", { instanceId: lucky ?? "", epoch, reference: { text: "42" } }, 1)).toEqual([
      [["submit", { answer: "42" }]],
    ]);
    expect(await played("mock/oracle?accuracy=0.5&seed=1", { instanceId: unlucky ?? "", epoch, reference: { text: "42" } }, 1)).toEqual([
      [["submit", { answer: "I could not do it." }]],
    ]);
  }
});

test("mock models count tokens roughly, cost nothing and send nothing", async () => {
  await using model = await open(mock, "mock/echo");
  const reply = await model.ask(await model.client.forTrial(trial()), [user("x".repeat(400))]);
  expect(reply).toMatchObject({
    costUsd: 0,
    requestBody: null,
    responseBody: null,
    retries: [],
    waitedMs: 0,
    usage: { inputTokens: expect.closeTo(104, -1), outputTokens: expect.closeTo(102, -1) },
  });
});

test("a reference that is missing is said", async () => {
  await expect(played("mock/oracle", {}, 1)).rejects.toMatchObject({
    code: "config/unsupported",
    message: "Instance 1 has no reference solution for mock/oracle to play.",
  });
});

test.each([
  ["mock/oracel", "usage/unknown-name", "There is no model mock/oracel.", "Did you mean mock/oracle?"],
  ["mock/oracle?acc=1", "usage/bad-option", 'Model "mock/oracle?acc=1" has an unknown option "acc".', "Did you mean accuracy?"],
  [
    "mock/oracle?accuracy=7",
    "usage/bad-option",
    'Model "mock/oracle?accuracy=7": accuracy cannot be "7".',
    "accuracy is from 0 to 1, seed a whole number: mock/oracle?accuracy=0.7&seed=1",
  ],
  ["mock/noop?seed=1", "usage/bad-option", 'Model "mock/noop?seed=1" has an unknown option "seed".', "mock/noop takes no options."],
])("%s is refused before anything starts", async (spec, code, message, hint) => {
  await expect(open(mock, spec)).rejects.toMatchObject({ code, message, hint });
});

test("a spec is taken apart at its first slash; models and own files may contain more", () => {
  const parts = (text: string) => {
    const { provider, model, query } = parseModelSpec(text);
    return [provider, model, query];
  };
  expect(parts("mock/oracle?accuracy=0.7&seed=1")).toEqual(["mock", "oracle", { accuracy: "0.7", seed: "1" }]);
  expect(parts("openai-compatible/meta-llama/Llama-3")).toEqual(["openai-compatible", "meta-llama/Llama-3", {}]);
  expect(parts("replay//data/runs/one")).toEqual(["replay", "/data/runs/one", {}]);
  expect(parts("./providers/mine.ts/org/model?x=1")).toEqual(["./providers/mine.ts", "org/model", { x: "1" }]);
  for (const text of ["gpt-4o", "openai/", "/x", ""])
    expect(() => parseModelSpec(text)).toThrow(expect.objectContaining({ code: "usage/bad-option" }));
});

import { join } from "node:path";
import { expect, test } from "vitest";
import { loadRows } from "../../src/data/rows.ts";
import gsm8k from "../../tasks/gsm8k/index.ts";
import { noJudge } from "../scoring/no-judge.ts";

const BASE = { shots: 0, stepByStep: false };
const fixture = new URL("../fixtures/data/gsm8k.jsonl", import.meta.url).pathname;
const dataFolder = process.env["ASSAY_DATA"];

const instancesOf = async (file: string) =>
  (await loadRows({ file }, { schema: gsm8k.row })).map((row, index) => gsm8k.toInstance(row, index, BASE));

async function grade(index: number, output: string | null) {
  const instance = (await instancesOf(fixture))[index];
  const [scorer] = gsm8k.scorers;
  if (!instance || !scorer) throw new Error("no such instance");
  return scorer.score({
    instance,
    output,
    sandbox: undefined,
    freshSandbox: () => Promise.reject(new Error("no sandbox")),
    judged: noJudge,
    signal: AbortSignal.timeout(1000),
  });
}

test("an instance is known by its row, and its gold is the number after ####", async () => {
  const instances = await instancesOf(fixture);
  expect(instances.map(({ id, data }) => [id, data.answer])).toEqual([
    ["1", "18"],
    ["2", "300"],
    ["3", "10000"],
  ]);
});

test.each([
  [0, "48 - 30 = 18\n#### 18", 1],
  [0, "So the answer is 18.", 1],
  [2, "There are 10,000 people.", 1],
  [2, "#### 10000.0", 1],
  [1, "#### 1500", 0],
  [1, "I cannot say.", 0],
  [1, null, 0],
])("row %i with the answer %j scores %i", async (index, output, value) => {
  expect((await grade(index, output)).value).toBe(value);
});

test("the base asks once, with the form of the answer", async () => {
  const [instance] = await instancesOf(fixture);
  if (!instance) throw new Error("no instance");
  const ask = (settings: typeof BASE, hasTools = false) => gsm8k.format(instance, { settings, hasTools });
  expect(ask(BASE)).toEqual({
    kind: "chat",
    messages: [
      {
        role: "user",
        content:
          'A baker fills 4 trays with 12 rolls each and sells 30 rolls. How many rolls are left?\n\nEnd with a line of the form "#### <number>" that holds nothing but the final number.',
      },
    ],
  });
  expect(JSON.stringify(ask({ ...BASE, stepByStep: true }, true))).toContain(
    "Think step by step before you answer. You may use your tools to calculate. End with",
  );
  const shots = ask({ ...BASE, shots: 8 });
  const messages = shots.kind === "chat" ? shots.messages : [];
  expect(messages).toHaveLength(17);
  expect(messages.filter(({ role, content }) => role === "assistant" && /So the answer is \d+\.$/.test(content))).toHaveLength(8);
  expect(messages.at(-1)).toEqual({ role: "user", content: instance.data.question });
});

test.skipIf(!dataFolder)("on the real data (ASSAY_DATA) every reference answer is right", async () => {
  const instances = await instancesOf(join(dataFolder ?? "", "gsm8k-test.jsonl"));
  const [scorer] = gsm8k.scorers;
  let right = 0;
  for (const instance of instances) {
    const output = instance.reference && "text" in instance.reference ? instance.reference.text : null;
    const score = await scorer?.score({
      instance,
      output,
      sandbox: undefined,
      freshSandbox: () => Promise.reject(new Error("no sandbox")),
      judged: noJudge,
      signal: AbortSignal.timeout(1000),
    });
    right += score?.value ?? 0;
  }
  expect([instances.length, right]).toEqual([1319, 1319]);
});

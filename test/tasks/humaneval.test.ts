import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { loadRows } from "../../src/data/rows.ts";
import humaneval from "../../tasks/humaneval/index.ts";
import { scoreAfter } from "./trial-sandbox.ts";

const BASE = { shots: 0, answerIn: "reply" as const };
const AGENT = { shots: 0, answerIn: "file" as const };
const fixture = new URL("../fixtures/data/humaneval.jsonl", import.meta.url).pathname;
const dataFolder = process.env["ASSAY_DATA"];

async function instanceAt(index: number, settings: typeof BASE | typeof AGENT, file = fixture) {
  const row = (await loadRows({ file }, { schema: humaneval.row }))[index];
  if (!row) throw new Error(`no row ${index}`);
  return humaneval.toInstance(row, index, settings);
}

test("the base asks for the whole function in one fenced block", async () => {
  const request = humaneval.format(await instanceAt(0, BASE), { settings: BASE, hasTools: false });
  expect(request).toMatchInlineSnapshot(`
    {
      "kind": "chat",
      "messages": [
        {
          "content": "Complete the following Python function. Reply with the whole function, and any imports and helper functions it needs, in one \`\`\`python block.

    \`\`\`python
    def double(x: int) -> int:
        """ Twice the number.
        >>> double(2)
        4
        """
    \`\`\`",
          "role": "user",
        },
      ],
    }
  `);
});

test("three worked examples come before the question in :3shot, and hidden tests in no request", async () => {
  const instance = await instanceAt(0, BASE);
  const request = humaneval.format(instance, { settings: { ...BASE, shots: 3 }, hasTools: true });
  expect(request.kind === "chat" && request.messages.map(({ role }) => role)).toEqual([
    "user",
    "assistant",
    "user",
    "assistant",
    "user",
    "assistant",
    "user",
  ]);
  expect(JSON.stringify(request)).not.toContain("def check");
});

test("the agent finds the prompt in solution.py and is told so", async () => {
  const instance = await instanceAt(0, AGENT);
  expect(instance.files).toEqual({ "solution.py": instance.data.prompt });
  expect(JSON.stringify(humaneval.format(instance, { settings: AGENT, hasTools: true }))).toContain("solution.py");
  expect(JSON.stringify(humaneval.format(instance, { settings: AGENT, hasTools: false }))).not.toContain("solution.py");
});

describe.concurrent("in the embedded sandbox", () => {
  test.each([
    ["a whole function in a fence", 0, "Here:\n```python\ndef double(x):\n    return x + x\n```\n", 1],
    ["a body alone", 0, "    return 2 * x\n", 1],
    ["a function that uses the prompt's helper", 1, "```python\ndef squares(values):\n    return [helper(v) for v in values]\n```", 1],
    ["a wrong function", 0, "```python\ndef double(x):\n    return x\n```", 0],
    ["an early end", 0, "```python\nimport os\nos._exit(0)\ndef double(x):\n    return x\n```", 0],
    ["prose", 0, "I would double it.", 0],
  ])("%s", async (_what, index, output, value) => {
    expect(await scoreAfter(humaneval, await instanceAt(index, BASE), [], output)).toMatchObject({ value });
  });

  test.each([0, 1])("the agent's file decides for row %i: the reference passes, doing nothing fails", async (index) => {
    const instance = await instanceAt(index, AGENT);
    const commands = instance.reference && "commands" in instance.reference ? instance.reference.commands : [];
    expect(await scoreAfter(humaneval, instance, commands)).toMatchObject({ value: 1 });
    expect(await scoreAfter(humaneval, instance, [])).toMatchObject({ value: 0 });
    expect(await scoreAfter(humaneval, instance, ["rm solution.py"])).toMatchObject({ value: 0 });
  });

  test.skipIf(!dataFolder)("on the real data (ASSAY_DATA) the first reference solutions pass", async () => {
    const file = join(dataFolder ?? "", "humaneval.jsonl.gz");
    for (const index of [0, 1, 38]) {
      const instance = await instanceAt(index, BASE, file);
      const output = instance.reference && "text" in instance.reference ? instance.reference.text : "";
      expect(await scoreAfter(humaneval, instance, [], output)).toMatchObject({ value: 1 });
    }
  });
});

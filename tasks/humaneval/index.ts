/**
 * HumanEval: 164 Python functions to complete from their signature and docstring, decided by hidden tests.
 * Source: Chen et al. 2021, "Evaluating Large Language Models Trained on Code" (arXiv 2107.03374). Licence of the data: MIT.
 */
import { z } from "zod";
import { defineTask, overEpochs, passAtK, type Message } from "../../src/index.ts";
import { EXEMPLARS } from "./exemplars.ts";
import { hiddenTests, SOLUTION_FILE, type HumanEvalData } from "./hidden-tests.ts";

const rowSchema = z.object({
  task_id: z.string().min(1),
  prompt: z.string(),
  entry_point: z.string().regex(/^[A-Za-z_]\w*$/),
  canonical_solution: z.string(),
  test: z.string(),
});

const settingsSchema = z.strictObject({
  shots: z.number().int().min(0).max(EXEMPLARS.length).describe("worked examples before the question"),
  answerIn: z.enum(["reply", "file"]).describe("where the solution is looked for: in the reply, or in the work folder's solution.py"),
});

type Row = z.output<typeof rowSchema>;
type Settings = z.output<typeof settingsSchema>;

const ASK =
  "Complete the following Python function. Reply with the whole function, and any imports and helper functions it needs, in one ```python block.";
const MAY_USE_TOOLS = "You may use your tools to try it out before you answer.";
const ASK_FILE = `The file ${SOLUTION_FILE} in your work folder holds the beginning of a Python function: its signature and docstring. Complete the function in that file, and test it. Keep its name and signature. Hidden tests will import nothing but what the file holds.`;

export default defineTask<Row, HumanEvalData, Settings>({
  name: "humaneval",
  description: "HumanEval: complete a Python function from its docstring; hidden tests decide (164 problems).",
  source: { dataset: "openai/openai_humaneval", config: "openai_humaneval", split: "test" },
  row: rowSchema,
  settings: { schema: settingsSchema, defaults: { shots: 0, answerIn: "reply" } },
  toInstance: (row, _index, { answerIn }) => ({
    id: row.task_id,
    data: { prompt: row.prompt, test: row.test, entry_point: row.entry_point, answerIn },
    ...(answerIn === "file" ? { files: { [SOLUTION_FILE]: row.prompt } } : {}),
    reference:
      answerIn === "file" ? { commands: solutionCommands(row), answer: "Done." } : { text: fenced(row.prompt + row.canonical_solution) },
  }),
  format: ({ data }, { settings, hasTools }) => {
    if (data.answerIn === "file" && hasTools)
      return { kind: "chat", messages: [{ role: "user", content: `${ASK_FILE}\n\n${fenced(data.prompt)}` }] };
    const ask = hasTools ? `${ASK} ${MAY_USE_TOOLS}` : ASK;
    const examples = EXEMPLARS.slice(0, settings.shots).flatMap(({ prompt, body }): Message[] => [
      { role: "user", content: `${ask}\n\n${fenced(prompt)}` },
      { role: "assistant", content: fenced(prompt + body) },
    ]);
    return { kind: "chat", messages: [...examples, { role: "user", content: `${ask}\n\n${fenced(data.prompt)}` }] };
  },
  sampling: { temperature: 0, maxTokens: 2048 },
  scorers: [hiddenTests],
  metrics: [passAtK(1, { score: hiddenTests.name }), ...overEpochs({ score: hiddenTests.name })],
  primaryMetric: "pass@1",
  sandbox: { needs: ["hasPython"] },
  variants: {
    "3shot": { description: "three worked examples of our own before the question", settings: { shots: 3 } },
    agent: { description: "the agent completes the function in a file and can run it", settings: { answerIn: "file" }, harness: "agent" },
  },
});

function fenced(code: string): string {
  return `\`\`\`python\n${code.trimEnd()}\n\`\`\``;
}

/** Looks at the file, writes the solution, tries that it can be imported. */
function solutionCommands({ prompt, canonical_solution, entry_point }: Row): string[] {
  const code = prompt + canonical_solution;
  return [
    `cat ${SOLUTION_FILE}`,
    `cat > ${SOLUTION_FILE} <<'END_OF_SOLUTION'\n${code.trimEnd()}\nEND_OF_SOLUTION`,
    `python3 -c 'exec(open("${SOLUTION_FILE}").read()); print(${entry_point})'`,
  ];
}

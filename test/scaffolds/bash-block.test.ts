import { expect, it } from "vitest";
import bashBlock from "../../src/scaffolds/bash-block.ts";
import { stepOf, writeStep } from "../../src/scaffolds/bash-block/step.ts";
import { play } from "./scripted-trial.ts";

const DONE_COMMAND = "echo ASSAY_DONE";
const tools = { run_it: { plays: "command" as const, execute: () => ({ text: "ran\n[exit code 0]" }) } };
const done = { text: writeStep({ answer: "42" }) };
const message = (text: string, finishReason: "stop" | "length" = "stop") => {
  const step = stepOf({ text, finishReason });
  return step.kind === "problem" ? step.message.split("\n", 1)[0] : step;
};

it("runs one command a turn, with the tool that runs commands, until the block that ends", async () => {
  const played = await play(bashBlock, [{ text: `I look first.\n\n${writeStep({ command: "ls\npwd" })}\nThen I go on.` }, done], tools);
  expect(played.calls).toEqual([{ id: null, name: "run_it", input: { command: "ls\npwd" } }]);
  expect(played.conversation[1]).toBe("user: ran\n[exit code 0]");
  expect(played.answer).toBe("42");
});

it("answers a format error and goes on", async () => {
  const played = await play(bashBlock, [{ text: "I would run ls." }, done], tools);
  expect(played.conversation[1]).toMatchInlineSnapshot(`
    "user: Your reply has no command block. Write exactly one command block, fenced like this:

    \`\`\`bash
    ls -la
    \`\`\`

    When the task is done, end with a block whose first line is exactly \`echo ASSAY_DONE\`. The lines after it are your final answer, taken as they are; nothing in that block is run:

    \`\`\`bash
    echo ASSAY_DONE
    Your final answer
    \`\`\`"
  `);
  expect(played.calls).toEqual([]);
});

it("runs nothing where a reply has several blocks, none, an empty or an unfinished one", () => {
  expect(message("```bash\nls\n```\n```sh\npwd\n```")).toBe(
    "Your reply has 2 command blocks; nothing was run. Write exactly one command block, fenced like this:",
  );
  expect(message("```python\nprint(1)\n```")).toBe("Your reply has no command block. Write exactly one command block, fenced like this:");
  expect(message("```bash\n \n```")).toBe("Your command block is empty. Write exactly one command block, fenced like this:");
  expect(message("```bash\nrm -rf /tmp/a", "length")).toBe(
    "Your reply was cut off at the length limit inside its command block. Nothing was run. Write exactly one command block, fenced like this:",
  );
  expect(message("Thinking and", "length")).toBe(
    "Your reply was cut off at the length limit before any command block. Be shorter. Write exactly one command block, fenced like this:",
  );
  expect(message("")).toContain("has no command block");
});

it("ignores blocks of other languages beside the command", () => {
  expect(stepOf({ text: "```json\n{}\n```\n~~~Shell\nls\n~~~", finishReason: "stop" })).toEqual({ kind: "command", command: "ls" });
});

it("takes the answer as it is, code with its indentation and its fences", () => {
  expect(message(writeStep({ answer: "    return 1\n\n" }))).toEqual({ kind: "done", answer: "    return 1" });
  expect(message(`\`\`\`bash\n${DONE_COMMAND}\nHere:\n\`\`\`python\nx = 1\n\`\`\`\n\`\`\``)).toEqual({
    kind: "done",
    answer: "Here:\n```python\nx = 1\n```",
  });
  expect(message(writeStep({ command: DONE_COMMAND }))).toEqual({ kind: "done", answer: "" });
});

it("does not run a command that is mixed with the end", () => {
  for (const command of [`${DONE_COMMAND} && cat answer.txt`, `make\n${DONE_COMMAND}`]) {
    expect(message(writeStep({ command }))).toBe(
      "`echo ASSAY_DONE` must stand alone on the first line of its block; nothing was run. First run your commands without it.",
    );
  }
});

it("shows the model the exact end in its instructions, and how the tool says that it runs commands", () => {
  const tool = { name: "run_it", description: "Each command runs twice.", plays: "command" as const };
  const instructions = bashBlock.instructions?.([tool]) ?? "";
  const block = /```bash\necho ASSAY_DONE\n[^`]*```/.exec(instructions)?.[0] ?? "";
  expect(message(block)).toEqual({ kind: "done", answer: "Your final answer" });
  expect(instructions).toContain("How your commands are run:\n\nEach command runs twice.");
});

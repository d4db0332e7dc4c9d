/** Drives a model that has no tool calls: one fenced command per turn, until it writes the block that ends. */
import { AssayError } from "../core/errors.ts";
import { defineScaffold } from "../core/scaffold.ts";
import { type OfferedTool, toolFor } from "../core/tool.ts";
import { ENDING, FORMAT, stepOf, writeStep } from "./bash-block/step.ts";

export default defineScaffold({
  name: "bash-block",
  description: "One fenced bash command per turn, for models without tool calls.",
  toolStyle: "text",
  needs: ["command"],
  instructions: (
    tools,
  ) => `You work on the task in a sandbox by running commands, one reply at a time. In each reply, think briefly, then give one command. ${FORMAT}

You are shown its result, then you reply again. Nobody can answer questions: decide yourself and go on. How your commands are run:

${shellOf(tools).description}

${ENDING}`,
  writeStep,
  async run(trial) {
    const { name } = shellOf(trial.tools);
    while (true) {
      const step = stepOf(await trial.ask());
      if (step.kind === "done") return trial.answer(step.answer);
      if (step.kind === "problem") trial.say({ role: "user", content: step.message });
      else await trial.use({ id: null, name, input: { command: step.command } });
    }
  },
});

function shellOf(tools: readonly OfferedTool[]): OfferedTool {
  const shell = toolFor("command", tools);
  if (!shell) throw new AssayError("config/unsupported", "The scaffold bash-block was given no tool that runs commands.");
  return shell;
}

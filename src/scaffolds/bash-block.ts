/** Drives a model that has no tool calls: one fenced command per turn, until it writes the block that ends. */
import { defineScaffold } from "../core/scaffold.ts";
import { ENDING, FORMAT, stepOf } from "./bash-block/step.ts";

export default defineScaffold({
  name: "bash-block",
  description: "One fenced bash command per turn, for models without tool calls.",
  toolStyle: "text",
  instructions:
    () => `You work on the task in a sandbox by running commands, one reply at a time. In each reply, think briefly, then give one command. ${FORMAT}

You are shown its output and exit code, then you reply again. Each command starts a new shell in the work folder: files stay, but the current folder and variables do not. There is no terminal and no input: use non-interactive options. Nobody can answer questions: decide yourself and go on.

${ENDING}`,
  async run(trial) {
    while (true) {
      const step = stepOf(await trial.ask());
      if (step.kind === "done") return trial.answer(step.answer);
      if (step.kind === "problem") trial.say({ role: "user", content: step.message });
      else await trial.use({ id: null, name: "bash", input: { command: step.command } });
    }
  },
});

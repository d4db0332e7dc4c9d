/** Answers with what another program has answered before: no model is asked. */
import type { LanguageModelV4Prompt } from "@ai-sdk/provider";
import { AssayError } from "../../core/errors.ts";
import { defineProvider, type GivenOutput, type TrialIdentity, type Usage } from "../../core/model.ts";
import { localModel } from "../local-model.ts";
import { checkQuery } from "../spec.ts";

/** What the answer took is not known, and not nothing. */
const UNKNOWN_USAGE: Usage = { inputTokens: null, outputTokens: null, cachedInputTokens: null, reasoningTokens: null };

export default defineProvider({
  name: "outputs",
  description: "outputs/<file>: answers with what another program answered, out of its file; assay score uses it.",
  namesFile: true,
  async open(spec, _options, { openOutputs }) {
    checkQuery(spec, []);
    if (!openOutputs)
      throw new AssayError("config/unsupported", `${spec.text} can only be used where files of answers can be read.`, {
        hint: "Use it with: assay score -t TASK --outputs FILE",
      });
    const source = await openOutputs(spec.model);
    return {
      capabilities: { hasToolCalls: false, isLocal: true },
      async forTrial(trial) {
        const given = await source.outputOf(trial);
        const text = answerOf(spec.model, trial, given);
        return localModel("outputs", spec.model, ({ prompt }) => ({ text, usage: UNKNOWN_USAGE, warnings: doubts(given, prompt) }));
      },
      givenScores: async (trial) => (await source.outputOf(trial))?.scores,
      [Symbol.asyncDispose]: () => source[Symbol.asyncDispose](),
    };
  },
});

/** Of a text in the file that a message repeats. */
const SHOWN_CHARACTERS = 500;

/** Throws `model/no-output`: an answer that is not there is not a wrong one. */
function answerOf(file: string, { instanceId, epoch }: TrialIdentity, given: GivenOutput | undefined): string {
  if (given?.output != null) return given.output;
  const said = given
    ? `${given.place} has no output for ${instanceId}${given.error === undefined ? "" : `: ${plain(given.error).slice(0, SHOWN_CHARACTERS)}`}`
    : `${file} has no answer for ${instanceId}, epoch ${epoch}`;
  throw new AssayError("model/no-output", `${said}.`, {
    hint: "Add it to the file and score again, or leave the trial out: --instance, -n, --epochs.",
  });
}

/** The file's own question ought to be part of what is asked here; where it is not, the answer may be to another question. */
function doubts(given: GivenOutput | undefined, prompt: LanguageModelV4Prompt): string[] {
  const question = plain(given?.question ?? "");
  if (!given || question === "" || plain(textOf(prompt)).includes(question)) return [];
  return [`${given.place}: its question is no part of what this trial asks: ${JSON.stringify(question.slice(0, 80))}`];
}

const plain = (text: string) => text.replaceAll(/\s+/g, " ").trim();

function textOf(prompt: LanguageModelV4Prompt): string {
  return prompt
    .map(({ content }) => (typeof content === "string" ? content : content.map((part) => ("text" in part ? part.text : "")).join("")))
    .join("\n");
}

/** A question to a judge that looks around, and what it says on the way. */
import type { Message, ToolCall } from "../../../src/core/message.ts";
import type { Usage } from "../../../src/core/model.ts";
import { choiceFormat } from "../../../src/scoring/judging/answer-formats.ts";
import { renderPrompt } from "../../../src/scoring/judging/render-prompt.ts";

export const answer = choiceFormat({ pass: { meaning: "it is done" }, fail: { meaning: "it is not" } });

export const asked: Message[] = renderPrompt(
  {
    id: "look",
    answer,
    prompt: { instructions: "You are a judge.", data: [{ name: "question", text: "Write out.txt." }], reminder: "Decide." },
    read: () => ({ label: null, value: null }),
  },
  "0123456789abcdef",
);

let calls = 0;
export const call = (name: string, input: ToolCall["input"] = {}): ToolCall => ({ id: `call-${(calls += 1)}`, name, input });
export const verdict = (value: string) => call("give_verdict", { explanation: "seen", verdict: value });
export const usage = (input: number): Usage => ({
  inputTokens: input,
  outputTokens: 10,
  cachedInputTokens: null,
  reasoningTokens: 0,
});

import { expect, test } from "vitest";
import { familyOf, sharedFamily } from "../../../src/scoring/judging/family.ts";

test.each([
  ["openai/gpt-5-mini?temperature=0", "gpt"],
  ["openai/o3", "gpt"],
  ["openai/something-new", "gpt"],
  ["openrouter/anthropic/claude-sonnet-4", "claude"],
  ["anthropic/opus-next", "claude"],
  ["google/gemini-2.5-pro", "gemini"],
  ["openai-compatible/google/gemma-3-27b-it", "gemini"],
  ["openai-compatible/meta-llama/Llama-3.1-8B-Instruct", "llama"],
  ["openai-compatible/Qwen/QwQ-32B", "qwen"],
  ["openai-compatible/mistralai/Mixtral-8x7B", "mistral"],
  ["openai-compatible/deepseek-ai/DeepSeek-R1-Distill-Llama-70B", "deepseek"],
  ["openai-compatible/microsoft/phi-4", "phi"],
  ["openai-compatible/allenai/OLMo-2-7B", "olmo"],
  ["openai-compatible/openai/gpt-oss-20b", "gpt"],
  ["openai-compatible/my-model", null],
  ["mock/oracle", null],
  ["openai-compatible/dolphin-o2x", null],
])("%s is of the family %s", (spec, family) => {
  expect(familyOf(spec)).toBe(family);
});

test("a distilled model is kin to its teacher and to its base", () => {
  const distilled = "openai-compatible/deepseek-ai/DeepSeek-R1-Distill-Llama-70B";
  expect(["together/meta-llama/Llama-3", "deepseek/deepseek-chat", "openai/gpt-5"].map((judge) => sharedFamily(judge, distilled))).toEqual([
    "llama",
    "deepseek",
    null,
  ]);
  expect(sharedFamily("openai-compatible/a", "openai-compatible/a")).toBeNull();
});

/** OpenAI: the Responses API, or chat completions with `?api=chat`. */
import type { LanguageModelV4CallOptions } from "@ai-sdk/provider";
import { AssayError } from "../../core/errors.ts";
import { defineProvider } from "../../core/model.ts";
import { requiredKey, sharedModel, withCallOptions } from "../http-provider.ts";
import { checkQuery } from "../spec.ts";

const MAX_CHAT_STOPS = 4;

export default defineProvider({
  name: "openai",
  description: "OpenAI's Responses API; ?api=chat for chat completions, which alone take stop and seed.",
  environment: ["OPENAI_API_KEY"],
  async open(spec, options) {
    checkQuery(spec, ["api"]);
    const api = spec.query["api"] ?? "responses";
    if (api !== "responses" && api !== "chat") {
      throw new AssayError("usage/bad-option", `Model ${JSON.stringify(spec.text)}: api cannot be ${JSON.stringify(api)}.`, {
        hint: "Use ?api=responses or ?api=chat.",
      });
    }
    const apiKey = requiredKey(spec, "OPENAI_API_KEY");
    const { createOpenAI } = await import("@ai-sdk/openai");
    const model = sharedModel((fetch) => {
      const provider = createOpenAI({ apiKey, fetch, ...(options.baseURL !== undefined && { baseURL: options.baseURL }) });
      return api === "chat"
        ? withCallOptions(provider.chat(spec.model), checkStops)
        : withCallOptions(provider.responses(spec.model), keepNothing);
    });
    return { ...model, logprobOptions: (top) => ({ openai: { logprobs: top } }) };
  },
});

/** Nothing is kept at OpenAI between calls; reasoning then comes back encrypted and is sent along, so that each call stands alone. */
function keepNothing(options: LanguageModelV4CallOptions): LanguageModelV4CallOptions {
  return { ...options, providerOptions: { openai: { ...options.providerOptions?.["openai"], store: false } } };
}

function checkStops(options: LanguageModelV4CallOptions): LanguageModelV4CallOptions {
  const stops = options.stopSequences?.length ?? 0;
  if (stops > MAX_CHAT_STOPS) {
    throw new AssayError("usage/bad-override", `sampling.stop has ${stops} texts, and OpenAI allows ${MAX_CHAT_STOPS}.`, {
      hint: `Give at most ${MAX_CHAT_STOPS}: -o 'sampling.stop=["…"]'`,
    });
  }
  return options;
}

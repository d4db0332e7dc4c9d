/** Any server that speaks OpenAI's chat completions: vLLM, LiteLLM, Ollama, llama.cpp. */
import type { LanguageModelV4 } from "@ai-sdk/provider";
import { AssayError } from "../../core/errors.ts";
import { defineProvider } from "../../core/model.ts";
import { sharedModel } from "../http-provider.ts";
import { checkQuery } from "../spec.ts";

const PROVIDER = "openai-compatible";

export default defineProvider({
  name: PROVIDER,
  description: "A server with OpenAI's chat completions API: vLLM, LiteLLM, Ollama, llama.cpp and others.",
  environment: ["OPENAI_COMPATIBLE_BASE_URL", "OPENAI_COMPATIBLE_API_KEY"],
  async open(spec, options) {
    checkQuery(spec, ["reasoningTag"]);
    const baseURL = options.baseURL ?? process.env["OPENAI_COMPATIBLE_BASE_URL"];
    if (!baseURL) {
      throw new AssayError("usage/bad-option", `${spec.text} needs the address of a server.`, {
        hint: "Set OPENAI_COMPATIBLE_BASE_URL or -o provider.baseURL, for example to http://localhost:8000/v1.",
      });
    }
    if (!/^https?:$/.test(URL.parse(baseURL)?.protocol ?? "")) {
      throw new AssayError("usage/bad-option", `The address of ${spec.text} is not an http URL: ${JSON.stringify(baseURL)}.`, {
        hint: "Write OPENAI_COMPATIBLE_BASE_URL or -o provider.baseURL like http://localhost:8000/v1.",
      });
    }
    const apiKey = process.env["OPENAI_COMPATIBLE_API_KEY"];
    const { createOpenAICompatible } = await import("@ai-sdk/openai-compatible");
    const separate = await reasoningSeparator(spec.query["reasoningTag"]);
    const model = sharedModel((fetch) =>
      separate(
        createOpenAICompatible({ name: PROVIDER, baseURL, fetch, supportsStructuredOutputs: true, ...(apiKey && { apiKey }) })(spec.model),
      ),
    );
    // The SDK passes what it does not know on to the server, under the provider's name in its own spelling.
    return { ...model, logprobOptions: (top) => ({ openaiCompatible: { logprobs: true, top_logprobs: top } }) };
  },
});

/** For servers that leave a model's thoughts in its text, as `<think>…</think>`: they become reasoning, not part of the answer. */
async function reasoningSeparator(tagName: string | undefined): Promise<(model: LanguageModelV4) => LanguageModelV4> {
  if (tagName === undefined) return (model) => model;
  const { extractReasoningMiddleware, wrapLanguageModel } = await import("ai");
  const middleware = extractReasoningMiddleware({ tagName });
  return (model) => wrapLanguageModel({ model, middleware });
}

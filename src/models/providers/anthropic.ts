/** Anthropic's Messages API. */
import { defineProvider } from "../../core/model.ts";
import { requiredKey, sharedModel } from "../http-provider.ts";
import { checkQuery } from "../spec.ts";

export default defineProvider({
  name: "anthropic",
  description: "Anthropic's Messages API.",
  environment: ["ANTHROPIC_API_KEY"],
  async open(spec, options) {
    checkQuery(spec, []);
    const apiKey = requiredKey(spec, "ANTHROPIC_API_KEY");
    const { createAnthropic } = await import("@ai-sdk/anthropic");
    return sharedModel((fetch) =>
      createAnthropic({ apiKey, fetch, ...(options.baseURL !== undefined && { baseURL: options.baseURL }) })(spec.model),
    );
  },
});

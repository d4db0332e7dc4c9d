/** Google's Gemini API. */
import { defineProvider } from "../../core/model.ts";
import { requiredKey, sharedModel } from "../http-provider.ts";
import { checkQuery } from "../spec.ts";

export default defineProvider({
  name: "google",
  description: "Google's Gemini API.",
  environment: ["GOOGLE_GENERATIVE_AI_API_KEY"],
  async open(spec, options) {
    checkQuery(spec, []);
    const apiKey = requiredKey(spec, "GOOGLE_GENERATIVE_AI_API_KEY");
    const { createGoogle } = await import("@ai-sdk/google");
    return sharedModel((fetch) =>
      createGoogle({ apiKey, fetch, ...(options.baseURL !== undefined && { baseURL: options.baseURL }) })(spec.model),
    );
  },
});

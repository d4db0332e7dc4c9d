/** What the providers that call a server have in common. */
import type { LanguageModelV4, LanguageModelV4CallOptions } from "@ai-sdk/provider";
import { AssayError } from "../core/errors.ts";
import type { Fetch, ModelSpec, OpenedModel } from "../core/model.ts";

/** A model without state of its own, made at its first trial and shared by all: making one can take longer than a call. */
export function sharedModel(create: (fetch: Fetch) => LanguageModelV4): OpenedModel {
  let shared: LanguageModelV4 | undefined;
  return { capabilities: { hasToolCalls: true, isLocal: false }, forTrial: (_trial, fetch) => (shared ??= create(fetch)) };
}

/** The key in an environment variable. Throws `model/unauthorized` where there is none. */
export function requiredKey(spec: ModelSpec, variable: string): string {
  const key = process.env[variable];
  if (!key)
    throw new AssayError("model/unauthorized", `${spec.text} needs a key in ${variable}, which is not set.`, {
      hint: `export ${variable}=…`,
    });
  return key;
}

/** The same model with changed options at every call. */
export function withCallOptions(
  model: LanguageModelV4,
  change: (options: LanguageModelV4CallOptions) => LanguageModelV4CallOptions,
): LanguageModelV4 {
  return {
    specificationVersion: "v4",
    provider: model.provider,
    modelId: model.modelId,
    supportedUrls: {},
    doGenerate: (options) => model.doGenerate(change(options)),
    doStream: (options) => model.doStream(change(options)),
  };
}

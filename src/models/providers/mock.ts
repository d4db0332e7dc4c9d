/** Models that need nothing: one that echoes, one that gives up, one that plays the reference solution. */
import type { LanguageModelV4, LanguageModelV4CallOptions } from "@ai-sdk/provider";
import { AssayError } from "../../core/errors.ts";
import { defineProvider, type ModelSpec, type TrialIdentity } from "../../core/model.ts";
import { type LocalAnswer, localModel } from "../local-model.ts";
import { isDrawn, parseDraw, play } from "../oracle.ts";
import { nameHint } from "../../core/nearest.ts";
import { checkQuery } from "../spec.ts";

type Answering = (options: LanguageModelV4CallOptions) => LocalAnswer;

/** What makes a trial's answers, by model name. */
const MODELS: Record<string, (spec: ModelSpec) => (trial: TrialIdentity) => Answering> = {
  echo: (spec) => {
    checkQuery(spec, []);
    return () =>
      ({ prompt }) => ({ text: lastUserText(prompt) });
  },
  noop: (spec) => {
    checkQuery(spec, []);
    return giveUp;
  },
  oracle: (spec) => {
    const draw = parseDraw(spec);
    return (trial) => (isDrawn(draw, trial.instanceId) ? play(trial) : giveUp(trial));
  },
};

export default defineProvider({
  name: "mock",
  description:
    "Needs nothing: echo repeats the last user message, noop gives up, oracle plays the reference solution (?accuracy=0.7&seed=1).",
  open(spec) {
    const make = Object.hasOwn(MODELS, spec.model) ? MODELS[spec.model] : undefined;
    if (!make) {
      const names = Object.keys(MODELS);
      throw new AssayError("usage/unknown-name", `There is no model mock/${spec.model}.`, {
        hint: nameHint(
          `mock/${spec.model}`,
          names.map((name) => `mock/${name}`),
        ),
      });
    }
    const answering = make(spec);
    const forTrial = (trial: TrialIdentity): LanguageModelV4 => localModel("mock", spec.model, answering(trial));
    return { capabilities: { hasToolCalls: true, isLocal: true }, forTrial };
  },
});

const giveUp = (trial: TrialIdentity): Answering => play({ ...trial, reference: { text: "I could not do it." } });

function lastUserText(prompt: LanguageModelV4CallOptions["prompt"]): string {
  const message = prompt.findLast(({ role }) => role === "user");
  if (message?.role !== "user") return "";
  return message.content.map((part) => (part.type === "text" ? part.text : "")).join("");
}

/** Model specs: `provider/model?key=value`. A model's name may contain slashes; a provider may be a user's own file. */
import { AssayError } from "../core/errors.ts";
import type { ModelSpec } from "../core/model.ts";
import { nameHint } from "../core/nearest.ts";

const OWN_FILE = /^((?:\.{1,2}\/|\/).*?\.[cm]?[jt]s)\/(.+)$/;

/** Takes a spec apart. Throws `usage/bad-option` where it has no provider or no model. */
export function parseModelSpec(text: string): ModelSpec {
  const mark = text.indexOf("?");
  const path = mark < 0 ? text : text.slice(0, mark);
  const own = OWN_FILE.exec(path);
  const slash = path.indexOf("/");
  const provider = own?.[1] ?? path.slice(0, Math.max(slash, 0));
  const model = own?.[2] ?? path.slice(slash + 1);
  if (provider === "" || model === "") {
    throw new AssayError("usage/bad-option", `A model is written provider/model, not ${JSON.stringify(text)}.`, {
      hint: "For example: -m mock/oracle",
    });
  }
  const query = mark < 0 ? {} : Object.fromEntries(new URLSearchParams(text.slice(mark + 1)));
  return { text, provider, model, query };
}

/** Throws `usage/bad-option` for the first key of the query that is not one of `known`, naming the nearest. */
export function checkQuery(spec: ModelSpec, known: readonly string[]): void {
  const stray = Object.keys(spec.query).find((key) => !known.includes(key));
  if (stray === undefined) return;
  const hint = known.length === 0 ? `${spec.provider}/${spec.model} takes no options.` : nameHint(stray, known);
  throw new AssayError("usage/bad-option", `Model ${JSON.stringify(spec.text)} has an unknown option ${JSON.stringify(stray)}.`, { hint });
}

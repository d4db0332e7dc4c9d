/** Which server a model's name is answered by: the same name elsewhere is another model. */
import { isSecretName } from "../core/secrets.ts";
import { parseModelSpec } from "../models/client.ts";
import type { Overrides } from "./overrides.ts";
import { loadPart } from "./registry.ts";

/** The address that was given for a model, without credentials and query; null where the provider's own is used. */
export async function modelAddress(model: string, overrides: Overrides): Promise<string | null> {
  const { environment = [] } = await loadPart("provider", parseModelSpec(model).provider);
  const variable = environment.find((name) => !isSecretName(name) && process.env[name]);
  const given = overrides.provider?.baseURL ?? (variable && process.env[variable]);
  const url = given ? URL.parse(given) : null;
  return url && `${url.origin}${url.pathname.replace(/\/+$/, "")}`;
}

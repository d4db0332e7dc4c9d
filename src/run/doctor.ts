/** Looks at what this machine offers. Calls no model. */
import { loadPart, namesOf } from "./registry.ts";

export interface Check {
  name: string;
  isUsable: boolean;
  detail: string;
}

export async function examine(environment: NodeJS.ProcessEnv = process.env): Promise<Check[]> {
  const checks: Check[] = [];
  for (const name of await namesOf("sandbox")) {
    const found = await (await loadPart("sandbox", name)).availability();
    checks.push({
      name: `sandbox ${name}`,
      isUsable: found.isAvailable,
      detail: found.isAvailable ? found.detail : `${found.reason} ${found.hint}`,
    });
  }
  for (const name of await namesOf("provider")) {
    const { environment: wanted = [] } = await loadPart("provider", name);
    const [first] = wanted;
    const isUsable = first === undefined || Boolean(environment[first]);
    checks.push({
      name: `model ${name}`,
      isUsable,
      detail: first === undefined ? "needs nothing" : isUsable ? `${first} is set` : `Set ${first} to use it.`,
    });
  }
  return checks;
}

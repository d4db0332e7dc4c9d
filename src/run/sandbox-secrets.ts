/** Environment variables of Assay's own that a task's sandboxes get (`sandbox.secrets`): looked up at the last moment, and in no record. */
import { AssayError } from "../core/errors.ts";
import { SHORTEST_SECRET } from "../core/secrets.ts";
import type { SandboxSpec } from "../core/sandbox-spec.ts";
import type { Plan } from "./plan.ts";

/** Throws `config/invalid` where a variable that a task names is not set, or too short to be kept out of the records. */
export function requireSecrets(plan: Plan): void {
  for (const { task, execution } of plan.tasks) {
    for (const name of execution.sandbox?.spec.secrets ?? []) {
      const value = process.env[name] ?? "";
      if (value.length >= SHORTEST_SECRET) continue;
      const reason = value === "" ? "is not set" : `has fewer than ${SHORTEST_SECRET} characters, too few to be told from ordinary words`;
      throw new AssayError("config/invalid", `Task ${task.spec} gives its sandbox the environment variable ${name}, which ${reason}.`, {
        hint: `export ${name}=…, or take it out of the task's \`sandbox.secrets\`.`,
      });
    }
  }
}

/** The values, to be taken out of whatever is recorded. */
export function sandboxSecrets(plan: Plan): string[] {
  const names = new Set(plan.tasks.flatMap(({ execution }) => execution.sandbox?.spec.secrets ?? []));
  return [...names].flatMap((name) => process.env[name] ?? []);
}

/** The spec as a backend gets it. */
export function withSecrets(spec: SandboxSpec): SandboxSpec {
  const values = spec.secrets.map((name) => [name, process.env[name] ?? ""]);
  return { ...spec, env: { ...spec.env, ...Object.fromEntries(values) } };
}

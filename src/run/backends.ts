/** The sandbox backends of a run: checked, opened, prepared, tidied up. */
import { AssayError, toAssayError } from "../core/errors.ts";
import type { RunRecord } from "../core/record.ts";
import type { SandboxBackend, SandboxDefinition } from "../core/sandbox.ts";
import type { Plan } from "./plan.ts";
import { requireSecrets } from "./sandbox-secrets.ts";

/** Throws `sandbox/unavailable` where a backend that the plan needs cannot be used here, `config/invalid` where a secret is missing. */
export async function requireSandboxes(plan: Plan, hosts: readonly string[]): Promise<void> {
  requireSecrets(plan);
  for (const definition of new Set(plan.tasks.flatMap(({ execution }) => execution.sandbox?.definition ?? []))) {
    const availability = await definition.availability(hostOptions(definition, hosts));
    if (!availability.isAvailable) throw new AssayError("sandbox/unavailable", availability.reason, { hint: availability.hint });
  }
}

/** Refuses hosts for a backend that takes none. */
function hostOptions({ name, takesHosts = false }: SandboxDefinition, hosts: readonly string[]): { hosts?: readonly string[] } {
  if (hosts.length === 0) return {};
  if (takesHosts) return { hosts };
  throw new AssayError("usage/bad-option", `--docker-host ${hosts[0]}: the sandbox ${name} runs on no hosts that are named.`, {
    hint: "Leave it out, or choose --sandbox docker.",
  });
}

/** Opens each backend that the plan needs. Closing them never throws: what cannot be tidied up is told in a line. */
export async function openBackends(
  plan: Plan,
  hosts: readonly string[],
  onProgress: (line: string) => void,
): Promise<AsyncDisposable & { byName: Map<string, SandboxBackend> }> {
  await using scope = new AsyncDisposableStack();
  const byName = new Map<string, SandboxBackend>();
  for (const { execution } of plan.tasks) {
    const definition = execution.sandbox?.definition;
    if (!definition || byName.has(definition.name)) continue;
    byName.set(definition.name, scope.use(await definition.open({ ...hostOptions(definition, hosts), onProgress })));
  }
  const opened = scope.move();
  return { byName, [Symbol.asyncDispose]: () => opened.disposeAsync().catch((error: unknown) => warn(error, onProgress)) };
}

/** What an earlier crash left behind goes while the run begins. */
export async function pruneLeftovers(backends: ReadonlyMap<string, SandboxBackend>, onProgress: (line: string) => void): Promise<void> {
  const pruned = [...backends.values()].map((backend) => backend.prune().catch((error: unknown) => warn(error, onProgress)));
  await Promise.all(pruned);
}

/** The run's result stands, whatever cannot be tidied up. */
function warn(error: unknown, onProgress: (line: string) => void): void {
  const { message, hint = "To remove what was left: assay sandbox prune" } = toAssayError(error);
  onProgress(`Warning: ${message} ${hint}`);
}

/** Builds or pulls what each task's sandboxes need; returns what goes into the record. */
export async function prepareSandboxes(
  plan: Plan,
  backends: ReadonlyMap<string, SandboxBackend>,
  signal: AbortSignal,
  onProgress: (line: string) => void,
): Promise<RunRecord["sandbox"]> {
  const prepared: Record<string, Record<string, string>> = {};
  for (const { task, execution } of plan.tasks) {
    const wanted = execution.sandbox;
    const backend = wanted && backends.get(wanted.definition.name);
    if (!backend) continue;
    prepared[task.spec] = {
      backend: wanted.definition.name,
      ...(await backend.prepare(wanted.spec, { signal, onProgress })),
    };
  }
  return Object.keys(prepared).length > 0 ? prepared : null;
}

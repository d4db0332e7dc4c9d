/** Starts a sandbox of a trial's backend and spec, in its turn. */
import { AssayError } from "../core/errors.ts";
import type { Sandbox } from "../core/sandbox.ts";
import type { Snapshot } from "../core/sandbox-snapshot.ts";
import type { SandboxSpec } from "../core/sandbox-spec.ts";
import type { RunContext } from "./context.ts";
import type { PlannedTrial } from "./plan.ts";
import { withSecrets } from "./sandbox-secrets.ts";

export interface StartedSandbox {
  sandbox: Sandbox;
  /** When its turn came, by `performance.now()`. */
  begunAt: number;
  startMs: number;
}

type StartContext = Pick<RunContext, "runId" | "backends" | "sandboxSlots" | "onProgress">;

/** Throws where the trial's execution has none. */
export function wantedSandbox({ execution, task }: PlannedTrial): NonNullable<PlannedTrial["execution"]["sandbox"]> {
  if (execution.sandbox) return execution.sandbox;
  throw new AssayError("config/unsupported", `Task ${task.spec} starts a sandbox in a scorer that does not declare it.`, {
    hint: 'Give the scorer `sandbox: "fresh"`.',
  });
}

/** The spec without a network, services and secrets: nothing gets out, and nothing that is worth it is in there. */
export function sealed(spec: SandboxSpec): SandboxSpec {
  const { compose: _services, ...rest } = spec;
  return { ...rest, network: "none", secrets: [], needs: [] };
}

export async function startSandbox(
  context: StartContext,
  planned: PlannedTrial,
  attempt: number,
  signal: AbortSignal,
  { snapshot, isSealed = false }: { snapshot?: Snapshot | undefined; isSealed?: boolean } = {},
): Promise<StartedSandbox> {
  const { definition, spec: wanted } = wantedSandbox(planned);
  const spec = isSealed ? sealed(wanted) : wanted;
  const { timeMs } = planned.execution.limits;
  const backend = context.backends.get(definition.name);
  if (!backend) throw new AssayError("internal/bug", `The run has not opened the sandbox ${definition.name}.`);
  return context.sandboxSlots.add(
    async () => {
      const begunAt = performance.now();
      const sandbox = await backend.start(withSecrets(spec), {
        owner: { runId: context.runId, trialId: planned.trialId, attempt },
        ...(timeMs !== undefined && { lifetimeMs: timeMs }),
        signal,
        ...(snapshot && { snapshot }),
        onProgress: context.onProgress,
      });
      return { sandbox, begunAt, startMs: performance.now() - begunAt };
    },
    { signal },
  );
}

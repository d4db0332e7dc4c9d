/** A sandbox from its start to its removal: what it took is measured on the way and recorded at the end. */
import type { Sandbox, SandboxService, SandboxUsage, Shell } from "../../core/sandbox.ts";
import type { EventFields } from "../../core/trace.ts";
import type { TrialRecorder } from "../../store/trial-recorder.ts";
import type { Removals } from "../removals.ts";
import { recordNetwork } from "./record-network.ts";
import type { StartedSandbox } from "../start-sandbox.ts";

export interface LifeParts {
  backend: string;
  recorder: TrialRecorder;
  removals: Removals;
  /** Given what resolves when the sandbox is gone and its end is recorded. */
  onRemoval: (end: Promise<void>) => void;
}

/** The sandbox with its commands measured; disposing of it hands it over to the removals and does not wait for its end. */
export function liveSandbox({ sandbox, startMs }: StartedSandbox, { backend, recorder, removals, onRemoval }: LifeParts): Sandbox {
  const commandMs: number[] = [];
  const measured = async <T>(command: Promise<T>): Promise<T> => {
    const startedAt = performance.now();
    const result = await command;
    commandMs.push(roundMs(performance.now() - startedAt));
    return result;
  };
  const endNetwork = recordNetwork(sandbox, recorder);
  let isHandedOver = false;
  return replacing(sandbox, {
    exec: (command, options) => measured(sandbox.exec(command, options)),
    shell: async (options) => measuredShell(await sandbox.shell(options), measured),
    async [Symbol.asyncDispose]() {
      if (isHandedOver) return;
      isHandedOver = true;
      await removals.room();
      const remove = async () => {
        const usage = await usageOf(sandbox);
        for (const service of await servicesOf(sandbox)) recorder.event("sandbox.service", recordedService(service, recorder));
        const removeMs = await removed(sandbox);
        endNetwork();
        recorder.event("sandbox.end", { backend, id: sandbox.id, startMs: roundMs(startMs), ...summaryOf(commandMs), ...usage, removeMs });
      };
      onRemoval(removals.add(remove));
    },
  });
}

function measuredShell(shell: Shell, measured: <T>(command: Promise<T>) => Promise<T>): Shell {
  return {
    exec: (command, options) => measured(shell.exec(command, options)),
    [Symbol.asyncDispose]: () => shell[Symbol.asyncDispose](),
  };
}

/** `sandbox` with some members replaced; the others stay its own, whatever it has. */
function replacing(sandbox: Sandbox, own: Partial<Sandbox>): Sandbox {
  return new Proxy(sandbox, {
    get(target, key) {
      if (Object.hasOwn(own, key)) return Reflect.get(own, key);
      const value: unknown = Reflect.get(target, key);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

/** Milliseconds; null where it could not be removed, which its backend tries again and tells. */
async function removed(sandbox: Sandbox): Promise<number | null> {
  const startedAt = performance.now();
  try {
    await sandbox[Symbol.asyncDispose]();
    return roundMs(performance.now() - startedAt);
  } catch {
    return null;
  }
}

/** To a tenth of a millisecond. */
function roundMs(ms: number): number {
  return Math.round(ms * 10) / 10;
}

async function usageOf(sandbox: Sandbox): Promise<SandboxUsage> {
  const unknown: SandboxUsage = { peakMemoryMiB: null, cpuMs: null };
  try {
    return (await sandbox.usage?.()) ?? unknown;
  } catch {
    return unknown;
  }
}

async function servicesOf(sandbox: Sandbox): Promise<SandboxService[]> {
  try {
    return (await sandbox.services?.()) ?? [];
  } catch {
    return [];
  }
}

function recordedService(
  { oomKilled, stdout, stderr, ...service }: SandboxService,
  recorder: TrialRecorder,
): EventFields<"sandbox.service"> {
  return {
    ...service,
    startMs: roundMs(service.startMs),
    healthyMs: service.healthyMs === null ? null : roundMs(service.healthyMs),
    ...(oomKilled && { oomKilled }),
    stdout: recorder.content(stdout),
    stderr: recorder.content(stderr),
  };
}

function summaryOf(commandMs: readonly number[]): Pick<EventFields<"sandbox.end">, "commands" | "firstCommandMs" | "commandMs"> {
  const sorted = commandMs.toSorted((a, b) => a - b);
  const [first = null] = commandMs;
  const p50 = sorted[Math.floor((sorted.length - 1) / 2)];
  const max = sorted.at(-1);
  const total = roundMs(commandMs.reduce((sum, ms) => sum + ms, 0));
  return {
    commands: commandMs.length,
    firstCommandMs: first,
    commandMs: p50 === undefined || max === undefined ? null : { p50, max, total },
  };
}

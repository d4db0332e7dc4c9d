/** A harness with its parts loaded and checked against a task: how trials are executed. */
import { DEFAULTS } from "../core/defaults.ts";
import { AssayError } from "../core/errors.ts";
import type { Harness } from "../core/harness.ts";
import type { Limits } from "../core/limits.ts";
import type { Sampling } from "../core/message.ts";
import type { SandboxDefinition } from "../core/sandbox.ts";
import { SANDBOX_CAPABILITIES, sandboxSpecSchema, type SandboxCapability, type SandboxSpec } from "../core/sandbox-spec.ts";
import type { ScaffoldDefinition } from "../core/scaffold.ts";
import { TOOL_ROLES, toolFor, type AnyTool } from "../core/tool.ts";
import type { ToolSpec } from "../models/client.ts";
import type { RunOptions } from "./options.ts";
import type { Overrides } from "./overrides.ts";
import { besideOwnFile, isOwnFile } from "./own-files.ts";
import { loadPart, namesOf } from "./registry.ts";
import type { ResolvedTask } from "./resolve.ts";
import { toolSpecOf } from "./tool-spec.ts";

/** What every trial of one task under one harness shares. */
export interface Execution {
  harness: Harness;
  scaffold: ScaffoldDefinition;
  tools: AnyTool[];
  toolSpecs: ToolSpec[];
  systemPrompt: string | undefined;
  limits: Limits;
  sampling: Sampling;
  commandTimeoutMs: number;
  shownCharacters: number;
  /** Undefined where neither tools nor scorers need a sandbox. */
  sandbox:
    | {
        definition: SandboxDefinition;
        spec: SandboxSpec;
        /** Whether each trial owns one, or only scorers start some. */ isPerTrial: boolean;
      }
    | undefined;
}

/** Loads a harness by name or path; `-o harness.*`, `-o judging.*` and `--judge` change it. What an own file names by path lies beside it. */
export async function loadHarness(name: string, overrides: Overrides, judges: readonly string[] = []): Promise<Harness> {
  const own = await loadPart("harness", name);
  const harness: Harness = {
    ...own,
    ...overrides.harness,
    ...(overrides.judging && { judging: { ...own.judging, ...overrides.judging } }),
    ...(judges.length > 0 && { judges: [...judges] }),
  };
  if (!isOwnFile(name)) return harness;
  const beside = (part: string) => besideOwnFile(name, part);
  return {
    ...harness,
    scaffold: beside(harness.scaffold),
    tools: harness.tools.map(beside),
    ...(harness.sandbox !== undefined && { sandbox: beside(harness.sandbox) }),
  };
}

/** Puts task, harness and backend together. Throws `config/unsupported` where one needs what another lacks. */
export async function prepareExecution(
  task: ResolvedTask,
  harness: Harness,
  options: Pick<RunOptions, "sandbox" | "keepSnapshot">,
  overrides: Overrides,
): Promise<Execution> {
  const scaffold = await loadPart("scaffold", harness.scaffold);
  const tools = await Promise.all(harness.tools.map((name) => loadPart("tool", name)));
  await checkRoles(harness, scaffold, tools);
  const instructions = scaffold.instructions?.(tools);
  return {
    harness,
    scaffold,
    tools,
    toolSpecs: scaffold.toolStyle === "native" ? tools.map(toolSpecOf) : [],
    systemPrompt: [harness.systemPrompt, instructions].filter((text) => text !== undefined).join("\n\n") || undefined,
    limits: {
      turns: DEFAULTS.turns,
      ...(tools.length > 0 && { timeMs: DEFAULTS.agentTimeMs }),
      ...harness.limits,
      ...task.limits,
      ...overrides.limits,
    },
    sampling: { ...harness.sampling, ...task.sampling, ...overrides.sampling },
    commandTimeoutMs: harness.commandTimeoutMs ?? DEFAULTS.commandTimeoutMs,
    shownCharacters: harness.shownCharacters ?? DEFAULTS.shownCharacters,
    sandbox: await chooseSandbox(task, harness, tools, options, overrides),
  };
}

/** Refuses a harness that has no tool for what its scaffold needs. */
async function checkRoles(harness: Harness, scaffold: ScaffoldDefinition, tools: readonly AnyTool[]): Promise<void> {
  const lacking = scaffold.needs?.find((role) => !toolFor(role, tools));
  if (lacking === undefined) return;
  const known = await Promise.all((await namesOf("tool")).map((name) => loadPart("tool", name)));
  const names = known.filter((tool) => tool.plays === lacking).map((tool) => tool.name);
  throw new AssayError(
    "config/unsupported",
    `Harness ${harness.name}: the scaffold ${scaffold.name} needs a tool that ${TOOL_ROLES[lacking]}, which none of its tools does.`,
    { hint: `Add one to its tools: ${[...names, `one of your own with plays: "${lacking}"`].join(", or ")}.` },
  );
}

async function chooseSandbox(
  task: ResolvedTask,
  harness: Harness,
  tools: readonly AnyTool[],
  { sandbox: name, keepSnapshot }: Pick<RunOptions, "sandbox" | "keepSnapshot">,
  overrides: Overrides,
): Promise<Execution["sandbox"]> {
  const toolsNeedIt = tools.some((tool) => tool.needsSandbox ?? true);
  const scorers = new Set(task.task.scorers.map((scorer) => scorer.sandbox ?? "none"));
  const isPerTrial = toolsNeedIt || scorers.has("trial");
  if (!isPerTrial && !scorers.has("fresh")) return undefined;
  const definition = await loadPart("sandbox", name ?? harness.sandbox ?? DEFAULTS.sandbox);
  const spec = task.sandbox ?? sandboxSpecSchema.parse({ ...overrides.sandbox });
  const needs = new Map<SandboxCapability, string>();
  for (const need of spec.needs) needs.set(need, `task ${task.spec}`);
  for (const tool of tools) for (const need of tool.needs ?? []) needs.set(need, `tool ${tool.name}`);
  if (spec.image ?? spec.dockerfile) needs.set("canUseImages", `task ${task.spec}`);
  if (spec.compose !== undefined) needs.set("hasServices", `task ${task.spec}`);
  if (spec.network === "bridge") needs.set("hasNetwork", `task ${task.spec}`);
  if (typeof spec.network !== "string") needs.set("hasAllowList", `task ${task.spec}`);
  if (spec.gpus !== undefined) needs.set("canUseGpus", `task ${task.spec}`);
  if (asksForLimits(spec)) needs.set("canLimitResources", `task ${task.spec}`);
  if (keepSnapshot && isPerTrial) needs.set("canSnapshot", "--keep-snapshot");
  await checkCapabilities(definition, needs);
  if (spec.compose !== undefined) refuseSnapshots(task, needs.get("canSnapshot"));
  return { definition, spec, isPerTrial };
}

/** A scorer in a sandbox from a snapshot would grade services that have just been started. */
function refuseSnapshots({ spec }: ResolvedTask, who: string | undefined): void {
  if (who === undefined) return;
  throw new AssayError("config/unsupported", `${who} needs snapshots, which hold nothing of the services that task ${spec} has.`, {
    hint: "Leave that out for this task: it is scored in its own sandbox, beside its own services.",
  });
}

/** CPUs, memory and processes have limits in every spec, and hold where they can; these only where somebody wants them. */
function asksForLimits({ readOnlyRoot, diskMiB, shmMiB, tmpfs, ulimits }: SandboxSpec): boolean {
  const inMemory = Object.keys(tmpfs).length > 0;
  return readOnlyRoot || diskMiB !== undefined || shmMiB !== undefined || inMemory || Object.keys(ulimits).length > 0;
}

/** Refuses a backend that lacks something; `needs` says who needs what. */
async function checkCapabilities(backend: SandboxDefinition, needs: ReadonlyMap<SandboxCapability, string>): Promise<void> {
  const lacking = [...needs].find(([need]) => !backend.capabilities[need]);
  if (!lacking) return;
  const [need, who] = lacking;
  const known = await Promise.all((await namesOf("sandbox")).map((name) => loadPart("sandbox", name)));
  const fitting = known.filter(({ capabilities }) => [...needs.keys()].every((name) => capabilities[name]));
  throw new AssayError(
    "config/unsupported",
    `${who} needs a sandbox that ${SANDBOX_CAPABILITIES[need]} (${need}), which ${backend.name} does not.`,
    {
      hint:
        fitting.length > 0
          ? `Choose one that does: ${fitting.map(({ name }) => `--sandbox ${name}`).join(" or ")}.`
          : `No built-in sandbox has all that is needed: ${[...needs.keys()].join(", ")}.`,
    },
  );
}

/** A task as it would be run: its settings resolved, its parts named, one instance rendered. */
import type { Limits } from "../core/limits.ts";
import type { Message, Request, Sampling } from "../core/message.ts";
import type { SandboxSpec } from "../core/sandbox-spec.ts";
import type { Json } from "../core/json.ts";
import type { DataSource } from "../core/task.ts";
import { estimateTokens } from "./dry-run.ts";
import { loadHarness } from "./execution.ts";
import { runOptionsSchema } from "./options.ts";
import { parseOverrides } from "./overrides.ts";
import { makePlan, type PlannedTask } from "./plan.ts";
import { resolveSpecs, type ResolvedSpecs, type ResolvedTask } from "./resolve.ts";

export interface InspectRequest {
  spec: string;
  harness?: string | undefined;
  sandbox?: string | undefined;
  instance?: string | undefined;
  overrides: readonly string[];
}

export interface InspectedTask {
  spec: string;
  description: string;
  version: number;
  /** Where the rows come from; null where the task makes them itself. */
  source: DataSource | string | null;
  settings: Record<string, Json>;
  sampling: Sampling;
  limits: Limits;
  epochs: number;
  harness: { name: string; scaffold: string; tools: string[] };
  sandbox: { backend: string; isPerTrial: boolean; spec: SandboxSpec } | null;
  scorers: { name: string; sandbox: "none" | "fresh" | "trial" }[];
  metrics: { name: string; direction: string; score: string }[];
  primaryMetric: string;
  variants: { name: string; description: string }[];
  instances: number;
  /** One token for four characters of the first call. */
  tokensEstimate: { total: number; least: number; median: number; most: number };
  instance: {
    id: string;
    request: Request;
    messages: Message[];
    tools: string[];
    files: string[];
    hasReference: boolean;
    tokensEstimate: number;
  };
}

export interface Inspected {
  suites: { name: string; description: string; aggregation: string; members: string[] }[];
  tasks: InspectedTask[];
}

/** Resolves and renders; starts nothing. A suite gives its tasks. Throws where a run of it would be refused. */
export async function inspectSpec({ spec, harness, sandbox, instance, overrides: given }: InspectRequest): Promise<Inspected> {
  const overrides = parseOverrides(given);
  const { tasks, suites } = await resolveSpecs([spec], overrides);
  // The model plays no part in what is planned.
  const options = runOptionsSchema.parse({ model: "mock/noop", specs: [spec], ...(sandbox !== undefined && { sandbox }) });
  const inspected: InspectedTask[] = [];
  for (const task of tasks) {
    const plan = await makePlan([task], await loadHarness(harness ?? task.harness, overrides), options, overrides);
    const shown = instance === undefined ? plan : await makePlan([task], plan.harness, { ...options, instances: [instance] }, overrides);
    const [planned, chosen] = [plan.tasks[0], shown.tasks[0]];
    if (planned && chosen) inspected.push(inspectedTask(task, planned, chosen.instances[0]));
  }
  return { suites: suites.map(suiteOf), tasks: inspected };
}

function suiteOf({ suite, members }: ResolvedSpecs["suites"][number]): Inspected["suites"][number] {
  return { name: suite.name, description: suite.description, aggregation: suite.aggregation, members };
}

function inspectedTask(
  resolved: ResolvedTask,
  { execution, instances, epochs }: PlannedTask,
  chosen: PlannedTask["instances"][number] | undefined,
): InspectedTask {
  const { task } = resolved;
  const tokens = instances.map(({ messages }) => estimateTokens(messages, execution.toolSpecs)).sort((a, b) => a - b);
  return {
    spec: resolved.spec,
    description: task.description,
    version: task.version ?? 1,
    source: resolved.data ?? (typeof task.source === "function" ? null : task.source),
    settings: resolved.settings,
    sampling: execution.sampling,
    limits: execution.limits,
    epochs,
    harness: { name: execution.harness.name, scaffold: execution.scaffold.name, tools: execution.tools.map((tool) => tool.name) },
    sandbox: execution.sandbox
      ? { backend: execution.sandbox.definition.name, isPerTrial: execution.sandbox.isPerTrial, spec: execution.sandbox.spec }
      : null,
    scorers: task.scorers.map(({ name, sandbox = "none" }) => ({ name, sandbox })),
    metrics: resolved.metrics.map(({ name, direction, score }) => ({ name, direction, score })),
    primaryMetric: resolved.primaryMetric,
    variants: Object.entries(task.variants ?? {}).map(([name, { description }]) => ({ name, description })),
    instances: instances.length,
    tokensEstimate: {
      total: tokens.reduce((sum, count) => sum + count, 0),
      least: tokens[0] ?? 0,
      median: tokens[Math.floor(tokens.length / 2)] ?? 0,
      most: tokens.at(-1) ?? 0,
    },
    instance: {
      id: chosen?.instance.id ?? "",
      request: chosen?.request ?? { kind: "completion", prompt: "" },
      messages: chosen?.messages ?? [],
      tools: execution.toolSpecs.map((tool) => tool.name),
      files: Object.keys(chosen?.instance.files ?? {}),
      hasReference: chosen?.instance.reference !== undefined,
      tokensEstimate: estimateTokens(chosen?.messages ?? [], execution.toolSpecs),
    },
  };
}

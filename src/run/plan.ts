/** The plan of a run: which instances, rendered how, how often; and the hashes that a resume compares. */
import { AssayError } from "../core/errors.ts";
import type { Harness } from "../core/harness.ts";
import { trialIdOf } from "../core/ids.ts";
import { hashOf } from "../core/json.ts";
import type { Message, Request, Sampling } from "../core/message.ts";
import type { RunHashes } from "../core/record.ts";
import type { Instance } from "../core/task.ts";
import { loadInstances, type LoadedInstances } from "./instances.ts";
import { prepareExecution, type Execution } from "./execution.ts";
import type { RunOptions } from "./options.ts";
import type { Overrides } from "./overrides.ts";
import { taskConfig, type ResolvedTask } from "./resolve.ts";

export interface PlannedInstance {
  instance: Instance;
  hash: string;
  request: Request;
  /** The conversation as it begins: system prompt, scaffold's instructions, request. */
  messages: Message[];
}

export interface PlannedTask {
  task: ResolvedTask;
  execution: Execution;
  data: LoadedInstances["data"];
  instances: PlannedInstance[];
  epochs: number;
}

export interface PlannedTrial {
  trialId: string;
  task: ResolvedTask;
  execution: Execution;
  instance: Instance;
  instanceHash: string;
  epoch: number;
  request: Request;
  messages: readonly Message[];
  sampling: Sampling;
  /** Position of the trial within its task: `(epoch - 1) * instances + instance`. */
  index: number;
}

export interface Plan {
  harness: Harness;
  tasks: PlannedTask[];
  hashes: RunHashes;
}

/** Loads the data and renders every prompt. Everything that can be refused is refused here, before anything starts. */
export async function makePlan(tasks: readonly ResolvedTask[], harness: Harness, options: RunOptions, overrides: Overrides): Promise<Plan> {
  const planned: PlannedTask[] = [];
  for (const task of tasks) {
    const execution = await prepareExecution(task, harness, options.sandbox, overrides);
    const { instances, data } = await loadInstances(task, options);
    planned.push({ task, execution, data, instances: instances.map((instance) => planInstance(task, execution, instance)), epochs: options.epochs ?? task.epochs ?? 1 });
  }
  return { harness, tasks: planned, hashes: hashesOf(planned, harness, options) };
}

function planInstance(task: ResolvedTask, execution: Execution, instance: Instance): PlannedInstance {
  const request = task.task.format(instance, { settings: task.settings, hasTools: execution.tools.length > 0 });
  return { instance, hash: hashOf(instance), request, messages: openingMessages(task, execution, request) };
}

function openingMessages(task: ResolvedTask, execution: Execution, request: Request): Message[] {
  if (request.kind === "loglikelihood") {
    throw new AssayError("config/unsupported", `Task ${task.spec} asks for log-likelihoods, which chat models do not give.`, { hint: "Choose a chat variant of the task." });
  }
  const own: Message[] = request.kind === "chat" ? request.messages : [{ role: "user", content: request.prompt }];
  if (execution.systemPrompt === undefined) return own;
  const [first, ...rest] = own;
  if (first?.role === "system") return [{ role: "system", content: `${execution.systemPrompt}\n\n${first.content}` }, ...rest];
  return [{ role: "system", content: execution.systemPrompt }, ...own];
}

function hashesOf(tasks: readonly PlannedTask[], harness: Harness, options: RunOptions): RunHashes {
  const parts = tasks.map(({ task, execution, instances, epochs }) => [
    task.spec,
    {
      config: hashOf({ task: taskConfig(task), limits: execution.limits, sampling: execution.sampling, sandbox: execution.sandbox && { backend: execution.sandbox.definition.name, spec: execution.sandbox.spec }, epochs }),
      data: hashOf(instances.map((instance) => instance.hash)),
      prompts: hashOf([instances.map((instance) => instance.messages), execution.toolSpecs]),
    },
  ] as const);
  const hashes = { model: hashOf(options.model), harness: hashOf(harness), tasks: Object.fromEntries(parts) };
  return { ...hashes, plan: hashOf(hashes) };
}

/** Every trial in order: epoch by epoch, so that all questions are seen once before any is seen twice. */
export function* trialsOf({ task, execution, instances, epochs }: PlannedTask): Generator<PlannedTrial> {
  for (let epoch = 1; epoch <= epochs; epoch++) {
    for (const [position, { instance, hash, request, messages }] of instances.entries()) {
      const { seed } = execution.sampling;
      yield {
        trialId: trialIdOf(task.spec, instance.id, epoch),
        task, execution, instance, instanceHash: hash, epoch, request, messages,
        // Another seed for each epoch, or every epoch would give the same sample.
        sampling: seed === undefined || epoch === 1 ? execution.sampling : { ...execution.sampling, seed: seed + epoch - 1 },
        index: (epoch - 1) * instances.length + position,
      };
    }
  }
}

/** What changed between the hashes of a stored run and of today's plan, as sentences; empty where nothing did. */
export function changedSince(stored: RunHashes, now: RunHashes): string[] {
  const changes: string[] = [];
  if (stored.model !== now.model) changes.push("the model");
  if (stored.harness !== now.harness) changes.push("the harness");
  for (const spec of new Set([...Object.keys(stored.tasks), ...Object.keys(now.tasks)])) {
    const [before, after] = [stored.tasks[spec], now.tasks[spec]];
    if (!before || !after) changes.push(`task ${spec} was ${before ? "removed" : "added"}`);
    else {
      if (before.config !== after.config) changes.push(`the settings of ${spec}`);
      if (before.data !== after.data) changes.push(`the data of ${spec}`);
      if (before.prompts !== after.prompts) changes.push(`the prompts of ${spec}`);
    }
  }
  return changes;
}

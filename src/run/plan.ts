/** The plan of a run: which instances, rendered how, how often; and the hashes that a resume compares. */
import { AssayError } from "../core/errors.ts";
import type { Harness } from "../core/harness.ts";
import { trialIdOf } from "../core/ids.ts";
import { hashOf, plainJson, type Json } from "../core/json.ts";
import type { Message, Request, Sampling } from "../core/message.ts";
import type { RunHashes, RunRecord } from "../core/record.ts";
import type { Instance } from "../core/instance.ts";
import { differencesOf } from "./differences.ts";
import { modelAddress } from "./model-address.ts";
import { loadInstances, type LoadedInstances, type PlacedInstance } from "./instances.ts";
import { prepareExecution, type Execution } from "./execution.ts";
import type { RunOptions } from "./options.ts";
import type { Overrides } from "./overrides.ts";
import { ownFileHashes } from "./own-file-hashes.ts";
import { taskConfig, type ResolvedTask } from "./resolve.ts";

interface PlannedInstance extends PlacedInstance {
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
  /** Of the instance among all rows of the task's data, from 0. */
  position: number;
  instanceHash: string;
  epoch: number;
  request: Request;
  messages: readonly Message[];
  sampling: Sampling;
  /** Number of the trial within its task, from 0: `(epoch - 1) * instances + instance`. */
  index: number;
}

export interface Plan {
  harness: Harness;
  /** Where the model is served; null for the provider's own server. */
  address: string | null;
  tasks: PlannedTask[];
  hashes: RunHashes;
}

/** Loads the data and renders every prompt. Everything that can be refused is refused here, before anything starts. */
export async function makePlan(tasks: readonly ResolvedTask[], harness: Harness, options: RunOptions, overrides: Overrides): Promise<Plan> {
  const planned: PlannedTask[] = [];
  for (const task of tasks) {
    const execution = await prepareExecution(task, harness, options, overrides);
    const { instances, data } = await loadInstances(task, options);
    planned.push({
      task,
      execution,
      data,
      instances: instances.map((placed) => planInstance(task, execution, placed)),
      epochs: options.epochs ?? task.epochs ?? 1,
    });
  }
  refuseTooMany(planned);
  const address = await modelAddress(options.model, overrides);
  return {
    harness,
    tasks: planned,
    address,
    hashes: await hashesOf(planned, harness, { model: options.model, address, sandbox: options.sandbox }),
  };
}

/** Results hold a few bytes a trial in memory. */
const MOST_TRIALS = 50_000_000;

function refuseTooMany(tasks: readonly PlannedTask[]): void {
  const trials = tasks.reduce((sum, { instances, epochs }) => sum + instances.length * epochs, 0);
  if (trials <= MOST_TRIALS) return;
  throw new AssayError(
    "usage/bad-option",
    `--epochs makes ${trials.toLocaleString("en")} trials, more than ${MOST_TRIALS.toLocaleString("en")}.`,
    {
      hint: "Ask for fewer epochs, or fewer instances with -n.",
    },
  );
}

function planInstance(task: ResolvedTask, execution: Execution, { instance, position }: PlacedInstance): PlannedInstance {
  const request = task.task.format(instance, { settings: task.settings, hasTools: execution.tools.length > 0 });
  return { instance, position, hash: hashOf(instance), request, messages: openingMessages(task, execution, request) };
}

function openingMessages(task: ResolvedTask, execution: Execution, request: Request): Message[] {
  if (request.kind === "loglikelihood") {
    throw new AssayError("config/unsupported", `Task ${task.spec} asks for log-likelihoods, which chat models do not give.`, {
      hint: "Choose a chat variant of the task.",
    });
  }
  const own: Message[] = request.kind === "chat" ? request.messages : [{ role: "user", content: request.prompt }];
  if (execution.systemPrompt === undefined) return own;
  const [first, ...rest] = own;
  if (first?.role === "system") return [{ role: "system", content: `${execution.systemPrompt}\n\n${first.content}` }, ...rest];
  return [{ role: "system", content: execution.systemPrompt }, ...own];
}

/** Everything that decides what a task's trials are, apart from data and prompts: hashed, and kept in the record. */
export function plannedConfig({ task, execution, epochs }: PlannedTask): Json {
  const { limits, sampling, sandbox } = execution;
  const settled = { limits, sampling, epochs, sandbox: sandbox && { backend: sandbox.definition.name, ...sandbox.spec } };
  return plainJson({ ...taskConfig(task), ...settled });
}

async function hashesOf(
  tasks: readonly PlannedTask[],
  harness: Harness,
  { sandbox, ...model }: { model: string; address: string | null; sandbox: string | undefined },
): Promise<RunHashes> {
  const parts = tasks.map((planned) => {
    const data = hashOf(planned.instances.map((instance) => instance.hash));
    const prompts = hashOf([planned.instances.map((instance) => instance.messages), planned.execution.toolSpecs]);
    return [planned.task.spec, { config: hashOf(plannedConfig(planned)), data, prompts }] as const;
  });
  const files = await ownFileHashes(tasks, { model: model.model, sandbox: sandbox ?? harness.sandbox });
  const hashes = { model: hashOf(model), harness: hashOf(harness), tasks: Object.fromEntries(parts), files };
  return { ...hashes, plan: hashOf(hashes) };
}

/** Every trial in order: epoch by epoch, so that all questions are seen once before any is seen twice. */
export function* trialsOf({ task, execution, instances, epochs }: PlannedTask): Generator<PlannedTrial> {
  for (let epoch = 1; epoch <= epochs; epoch++) {
    for (const [place, { instance, position, hash, request, messages }] of instances.entries()) {
      const { seed } = execution.sampling;
      yield {
        trialId: trialIdOf(task.spec, instance.id, epoch),
        task,
        execution,
        instance,
        position,
        instanceHash: hash,
        epoch,
        request,
        messages,
        // Another seed for each epoch, or every epoch would give the same sample.
        sampling: seed === undefined || epoch === 1 ? execution.sampling : { ...execution.sampling, seed: seed + epoch - 1 },
        index: (epoch - 1) * instances.length + place,
      };
    }
  }
}

/** What changed between a stored run and today's plan, as phrases; empty where nothing did. */
export function changedSince(stored: RunRecord, { hashes, harness, tasks, address }: Plan, model: string): string[] {
  const changes: string[] = [];
  if (stored.hashes.model !== hashes.model) {
    const before = { model: stored.model, address: stored.address ?? null };
    changes.push(...named("the model", differencesOf(before, { model, address })));
  }
  if (stored.hashes.harness !== hashes.harness)
    changes.push(...named("the harness", differencesOf(stored.harness, plainJson(harness), "harness")));
  for (const [part, hash] of Object.entries(hashes.files)) {
    const before = stored.hashes.files[part];
    if (before !== undefined && before !== hash) changes.push(`the file of ${part} changed`);
  }
  for (const spec of new Set([...Object.keys(stored.hashes.tasks), ...Object.keys(hashes.tasks)])) {
    const [before, after] = [stored.hashes.tasks[spec], hashes.tasks[spec]];
    const planned = tasks.find((candidate) => candidate.task.spec === spec);
    if (!before || !after || !planned) {
      changes.push(`task ${spec} was ${before ? "removed" : "added"}`);
      continue;
    }
    if (before.config !== after.config)
      changes.push(
        ...named(
          `the settings of ${spec}`,
          differencesOf(stored.tasks.find((task) => task.spec === spec)?.config, plannedConfig(planned), spec),
        ),
      );
    if (before.data !== after.data) changes.push(`the instances of ${spec}`);
    if (before.prompts !== after.prompts) changes.push(`the prompts of ${spec}`);
  }
  return changes;
}

/** A hash may differ where what was recorded does not: the record was edited, or keeps less than is hashed. */
function named(what: string, differences: string[]): string[] {
  return differences.length > 0 ? differences : [what];
}

/** What a run would do, without doing it: counts, first prompts, and what the first calls' input would cost. */
import { AssayError } from "../core/errors.ts";
import type { Message } from "../core/message.ts";
import { parseModelSpec, type ToolSpec } from "../models/client.ts";
import { loadPrices, priceOf } from "../models/prices.ts";
import type { PlannedTask } from "./plan.ts";
import { openModelFor, type PlannedRun } from "./start.ts";

export interface DryTask {
  spec: string;
  instances: number;
  epochs: number;
  trials: number;
  /** The conversation that the first trial begins with. */
  firstTrial: { instanceId: string; messages: Message[]; tools: string[] };
  /** Tokens of the first call of every trial. */
  inputTokensEstimate: number;
}

export interface DryRun {
  model: string;
  harness: string;
  sandbox: string | null;
  trials: number;
  tasks: DryTask[];
  inputTokensEstimate: number;
  /** US dollars for that input; null where the model's price is not known. What the model writes, and later turns, come on top. */
  inputCostUsdEstimate: number | null;
}

const CHARACTERS_PER_TOKEN = 4;
const TOKENS_PER_PRICE = 1_000_000;

/** A rough count: one token for four characters. */
export function estimateTokens(messages: readonly Message[], tools: readonly ToolSpec[] = []): number {
  const characters =
    messages.reduce((sum, message) => sum + message.content.length, 0) + (tools.length > 0 ? JSON.stringify(tools).length : 0);
  return Math.ceil(characters / CHARACTERS_PER_TOKEN);
}

/** Calls no model and writes nothing. */
export async function dryRun(run: PlannedRun, where: { out: string }): Promise<DryRun> {
  const { plan, options } = run;
  const tasks = plan.tasks.map(dryTask);
  const inputTokensEstimate = tasks.reduce((sum, task) => sum + task.inputTokensEstimate, 0);
  return {
    model: options.model,
    harness: plan.harness.name,
    sandbox: plan.tasks.map(({ execution }) => execution.sandbox?.definition.name).find((name) => name !== undefined) ?? null,
    trials: tasks.reduce((sum, task) => sum + task.trials, 0),
    tasks,
    inputTokensEstimate,
    inputCostUsdEstimate: await costOfInput(run, inputTokensEstimate, where),
  };
}

async function costOfInput(run: PlannedRun, tokens: number, where: { out: string }): Promise<number | null> {
  if (await isLocal(run, where)) return 0;
  const spec = parseModelSpec(run.options.model);
  const price = priceOf(await loadPrices(process.env["ASSAY_PRICES"]), `${spec.provider}/${spec.model}`);
  return price && (tokens * price.input) / TOKENS_PER_PRICE;
}

/** Opening a model makes no call; it refuses what the real run would refuse, except a missing key. */
async function isLocal(run: PlannedRun, where: { out: string }): Promise<boolean> {
  try {
    await using model = await openModelFor(run, where);
    return model.capabilities.isLocal;
  } catch (error) {
    if (error instanceof AssayError && error.code === "model/unauthorized") return false;
    throw error;
  }
}

function dryTask({ task, execution, instances, epochs }: PlannedTask): DryTask {
  const { toolSpecs } = execution;
  const [first] = instances;
  return {
    spec: task.spec,
    instances: instances.length,
    epochs,
    trials: instances.length * epochs,
    firstTrial: { instanceId: first?.instance.id ?? "", messages: first?.messages ?? [], tools: toolSpecs.map((tool) => tool.name) },
    inputTokensEstimate: instances.reduce((sum, { messages }) => sum + estimateTokens(messages, toolSpecs), 0) * epochs,
  };
}

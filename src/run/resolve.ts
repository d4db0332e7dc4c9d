/** From a spec (`task[:variant…]`, a suite, a user's file) to tasks with every setting decided. */
import { z } from "zod";
import { DEFAULTS } from "../core/defaults.ts";
import { AssayError } from "../core/errors.ts";
import type { Json } from "../core/json.ts";
import type { Limits } from "../core/limits.ts";
import type { Sampling } from "../core/message.ts";
import { sandboxSpecSchema, type SandboxSpec } from "../core/sandbox-spec.ts";
import type { Metric } from "../core/score.ts";
import type { Suite } from "../core/suite.ts";
import type { AnyTask, Variant } from "../core/task.ts";
import { nameHint } from "../core/nearest.ts";
import { besideOwnFile, isOwnFile } from "./own-files.ts";
import type { Overrides } from "./overrides.ts";
import { isBuiltIn, isSuite, loadPart, namesOf } from "./registry.ts";

/** A task with its variants and overrides applied. */
export interface ResolvedTask {
  /** The task's name and variants, as the record knows it. */
  spec: string;
  /** As the user wrote it: a user's own file by its path. */
  given: string;
  task: AnyTask;
  settings: Record<string, Json>;
  sampling: Sampling;
  limits: Limits;
  epochs: number | undefined;
  sandbox: SandboxSpec | undefined;
  harness: string;
  metrics: Metric[];
  primaryMetric: string;
  /** Where its rows come from, where `-o data=` says so. */
  data: string | undefined;
}

export interface ResolvedSpecs {
  tasks: ResolvedTask[];
  suites: { suite: Suite; members: string[]; children: { name: string; members: string[] }[] }[];
}

/** Resolves every `-t` of a command; a suite becomes its leaf tasks, each once. */
export async function resolveSpecs(specs: readonly string[], overrides: Overrides): Promise<ResolvedSpecs> {
  const tasks = new Map<string, ResolvedTask>();
  const suites: ResolvedSpecs["suites"] = [];
  const resolveAll = async (leaves: readonly string[]) => {
    const resolved = await Promise.all(leaves.map((leaf) => resolveTask(leaf, overrides)));
    for (const task of resolved) {
      refuseNamesakes(tasks.get(task.spec), task);
      tasks.set(task.spec, task);
    }
    return resolved.map((task) => task.spec);
  };
  for (const spec of specs) {
    const suite = await loadSuite(spec);
    const members = await resolveAll(suite ? await leavesOf(suite, []) : [spec]);
    if (!suite) continue;
    const children: { name: string; members: string[] }[] = [];
    for (const member of suite.members) {
      const child = await loadSuite(member);
      children.push({ name: child?.name ?? member, members: await resolveAll(child ? await leavesOf(child, []) : [member]) });
    }
    suites.push({ suite, members, children });
  }
  refuseUnclearData([...tasks.values()], overrides);
  return { tasks: [...tasks.values()], suites };
}

/** Results are kept by name: two tasks of one name would be taken for each other. */
function refuseNamesakes(known: ResolvedTask | undefined, task: ResolvedTask): void {
  if (!known || known.task === task.task) return;
  throw new AssayError("config/invalid", `${known.given} and ${task.given} are two tasks of the same name, ${task.task.name}.`, {
    hint: "Give one of them another name.",
  });
}

/** `data=` for several tasks, or for none of them, would load the wrong rows or be forgotten in silence. */
function refuseUnclearData(tasks: readonly ResolvedTask[], { data }: Overrides): void {
  if (data === undefined) return;
  const names = [...new Set(tasks.map(({ task }) => task.name))];
  if (typeof data === "string" && names.length > 1) {
    throw new AssayError("usage/bad-override", `-o data=${data}: it is not clear which of ${names.join(", ")} it is for.`, {
      hint: `Write -o data.${names[0]}=${data}`,
    });
  }
  const stray = typeof data === "string" ? undefined : Object.keys(data).find((name) => !names.includes(name));
  if (stray !== undefined)
    throw new AssayError("usage/bad-override", `-o data.${stray}: no task of that name is run.`, { hint: nameHint(stray, names) });
}

/** A suite by name or by path; what an own file names by path lies beside it. Undefined where it is no suite. */
async function loadSuite(name: string): Promise<Suite | undefined> {
  if (!(await isSuite(name))) return undefined;
  const suite = await loadPart("suite", name);
  return isOwnFile(name) ? { ...suite, members: suite.members.map((member) => specBeside(name, member)) } : suite;
}

function specBeside(file: string, spec: string): string {
  const [name = "", ...variants] = spec.split(":");
  return [besideOwnFile(file, name), ...variants].join(":");
}

async function leavesOf(suite: Suite, above: readonly string[]): Promise<string[]> {
  if (above.includes(suite.name))
    throw new AssayError("config/invalid", `Suite ${suite.name} contains itself: ${[...above, suite.name].join(" → ")}.`);
  const leaves: string[] = [];
  for (const member of suite.members) {
    const child = await loadSuite(member);
    leaves.push(...(child ? await leavesOf(child, [...above, suite.name]) : [member]));
  }
  return [...new Set(leaves)];
}

/** Resolves one `task[:variant…]`. Throws `usage/unknown-name` with the nearest name. */
async function resolveTask(spec: string, overrides: Overrides): Promise<ResolvedTask> {
  const [name = "", ...variantNames] = spec.split(":");
  const task = await loadTask(name);
  const variants = variantNames.map((variant) => variantOf(task, variant));
  const sandboxLayers = [task.sandbox, ...variants.map((variant) => variant.sandbox)].filter((layer) => layer !== undefined);
  const settled: ResolvedTask = {
    spec: [task.name, ...variantNames].join(":"),
    given: spec,
    task,
    settings: settingsOf(task, variants, overrides),
    sampling: Object.assign({}, task.sampling, ...variants.map((variant) => variant.sampling), overrides.sampling) as Sampling,
    limits: Object.assign({}, task.limits, ...variants.map((variant) => variant.limits)) as Limits,
    epochs: last([task.epochs, ...variants.map((variant) => variant.epochs)]),
    sandbox: sandboxLayers.length > 0 ? sandboxSpecSchema.parse(Object.assign({}, ...sandboxLayers, overrides.sandbox)) : undefined,
    harness: last([task.harness, ...variants.map((variant) => variant.harness)]) ?? DEFAULTS.harness,
    metrics: last([task.metrics, ...variants.map((variant) => variant.metrics)]) ?? task.metrics,
    primaryMetric: last([task.primaryMetric, ...variants.map((variant) => variant.primaryMetric)]) ?? task.primaryMetric,
    data: typeof overrides.data === "string" ? overrides.data : overrides.data?.[task.name],
  };
  if (!settled.metrics.some((metric) => metric.name === settled.primaryMetric)) {
    throw new AssayError(
      "config/invalid",
      `${settled.spec}: its primary metric ${settled.primaryMetric} is not among its metrics (${settled.metrics.map((metric) => metric.name).join(", ")}).`,
    );
  }
  return settled;
}

function last<T>(values: readonly (T | undefined)[]): T | undefined {
  return values.findLast((value) => value !== undefined);
}

async function loadTask(name: string): Promise<AnyTask> {
  if (!isOwnFile(name) && !(await isBuiltIn("task", name))) {
    const known = [...(await namesOf("task")), ...(await namesOf("suite"))];
    throw new AssayError("usage/unknown-name", `There is no task or suite ${JSON.stringify(name)}.`, {
      hint: nameHint(name, known, "assay list tasks"),
    });
  }
  return loadPart("task", name);
}

function variantOf(task: AnyTask, name: string): Variant<Record<string, Json>> {
  const variants = task.variants ?? {};
  const variant = Object.hasOwn(variants, name) ? variants[name] : undefined;
  if (variant) return variant;
  const known = Object.keys(variants);
  throw new AssayError("usage/unknown-name", `Task ${task.name} has no variant ${JSON.stringify(name)}.`, {
    hint: known.length > 0 ? nameHint(name, known) : "It has no variants.",
  });
}

function settingsOf(task: AnyTask, variants: readonly Variant<Record<string, Json>>[], overrides: Overrides): Record<string, Json> {
  const given = overrides.settings ?? {};
  const defaults = task.settings?.defaults ?? {};
  const unknown = Object.keys(given).find((key) => !Object.hasOwn(defaults, key));
  if (unknown !== undefined) {
    const known = Object.keys(defaults);
    throw new AssayError("usage/bad-override", `-o settings.${unknown}: task ${task.name} has no such setting.`, {
      hint: known.length > 0 ? nameHint(unknown, known) : "It has no settings.",
    });
  }
  const merged: unknown = Object.assign({}, defaults, ...variants.map((variant) => variant.settings), given);
  if (!task.settings) return {};
  const parsed = task.settings.schema.safeParse(merged);
  if (!parsed.success)
    throw new AssayError("usage/bad-override", `Settings of ${task.name}: ${z.prettifyError(parsed.error).replaceAll("\n", " ")}`);
  return parsed.data;
}

/** What a resolved task itself adds to the record and its hash. */
export function taskConfig({ spec, task, settings, metrics, primaryMetric }: ResolvedTask) {
  return {
    spec,
    version: task.version ?? 1,
    settings,
    primaryMetric,
    scorers: task.scorers.map((scorer) => scorer.name),
    metrics: metrics.map((metric) => metric.name),
  };
}

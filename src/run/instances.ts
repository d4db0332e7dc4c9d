/** Loads a task's rows, makes instances of them and takes the ones that were asked for. */
import type { z } from "zod";
import { AssayError } from "../core/errors.ts";
import { instanceSchema, type Instance } from "../core/instance.ts";
import { sha256 } from "../core/json.ts";
import { loadData, parseDataOverride } from "../data/rows.ts";
import { nameHint } from "../core/nearest.ts";
import type { RunOptions } from "./options.ts";
import type { ResolvedTask } from "./resolve.ts";

type Selection = Pick<RunOptions, "limit" | "sample" | "instances" | "seed">;

/** An instance with its place among all rows of the data, from 0. */
export interface PlacedInstance {
  instance: Instance;
  position: number;
}

export interface LoadedInstances {
  instances: PlacedInstance[];
  /** What identifies the data: the hub's commit, the SHA-256 of the files; empty for rows that the task makes itself. */
  data: { revision?: string; contentHash?: string };
}

/** Throws `data/…` where the rows cannot be had or used, naming the file, the line and what is wrong. */
export async function loadInstances(task: ResolvedTask, selection: Selection): Promise<LoadedInstances> {
  const { rows, positions, ...data } = await rowsOf(task, selection);
  const instances = rows.map((value, index) =>
    checked(instanceSchema, task.task.toInstance(value, index, task.settings), `instance ${index + 1} of ${task.spec}`),
  );
  if (instances.length === 0)
    throw new AssayError("data/invalid", `Task ${task.spec} has no instances.`, { hint: "Check its data source." });
  refuseDoubles(task, instances);
  const placed = instances.map((instance, index) => ({ instance, position: positions?.[index] ?? index }));
  return { instances: select(task, placed, selection), data };
}

async function rowsOf(
  task: ResolvedTask,
  { limit, sample, instances }: Selection,
): Promise<{ rows: unknown[]; positions?: number[] } & LoadedInstances["data"]> {
  const { source, row } = task.task;
  // Only a plain "first n" may leave the rest of the rows unread.
  const readOnly = sample === undefined && instances.length === 0 ? limit : undefined;
  if (task.data !== undefined) return loadData(parseDataOverride(task.data), { schema: row, limit: readOnly });
  if (typeof source !== "function") return loadData(source, { schema: row, limit: readOnly });
  return { rows: (await source()).map((value, index) => checked(row, value, `row ${index + 1} of ${task.spec}`)) };
}

function checked<T>(schema: z.ZodType<T>, value: unknown, what: string): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new AssayError("data/invalid", `${what}: ${issue?.path.join(".") ?? ""}: ${issue?.message ?? "does not match"}.`, {
    hint: "Fix the row, or the task's schema.",
  });
}

function refuseDoubles(task: ResolvedTask, instances: readonly Instance[]): void {
  const seen = new Set<string>();
  for (const { id } of instances) {
    if (seen.has(id))
      throw new AssayError("data/invalid", `Task ${task.spec}: two instances have the id ${JSON.stringify(id)}.`, {
        hint: "Give each row an id of its own.",
      });
    seen.add(id);
  }
}

function select(task: ResolvedTask, all: PlacedInstance[], { limit, sample, instances: ids, seed }: Selection): PlacedInstance[] {
  let chosen = all;
  if (ids.length > 0) {
    const known = all.map(({ instance }) => instance.id);
    const stray = ids.find((id) => !known.includes(id));
    if (stray !== undefined)
      throw new AssayError("usage/unknown-name", `Task ${task.spec} has no instance ${JSON.stringify(stray)}.`, {
        hint: nameHint(stray, known, `assay inspect ${task.spec}`),
      });
    chosen = chosen.filter(({ instance }) => ids.includes(instance.id));
  }
  if (sample !== undefined && sample < chosen.length) {
    // Drawn by hash: the same seed draws the same instances whatever their order or number.
    const ranked = chosen
      .map(({ instance }) => ({ id: instance.id, rank: sha256(`${seed}\n${instance.id}`) }))
      .sort((a, b) => (a.rank < b.rank ? -1 : 1));
    const drawn = new Set(ranked.slice(0, sample).map(({ id }) => id));
    chosen = chosen.filter(({ instance }) => drawn.has(instance.id));
  }
  return limit === undefined ? chosen : chosen.slice(0, limit);
}

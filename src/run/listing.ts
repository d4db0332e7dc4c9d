/** Names and descriptions of what can be run. */
import { LISTS, type ListName } from "./part-kinds.ts";
import { loadPart, namesOf } from "./registry.ts";

export interface ListEntry {
  name: string;
  description: string;
}

/** Everything of a list, loaded for its description only; sorted by name. */
export async function entriesOf(list: ListName): Promise<ListEntry[]> {
  const kind = LISTS[list];
  if (kind === "variant") return variants();
  const names = await namesOf(kind);
  return Promise.all(names.map(async (name) => ({ name, description: (await loadPart(kind, name)).description })));
}

async function variants(): Promise<ListEntry[]> {
  const names = await namesOf("task");
  const tasks = await Promise.all(names.map((name) => loadPart("task", name)));
  return tasks.flatMap((task) =>
    Object.entries(task.variants ?? {}).map(([name, variant]) => ({ name: `${task.name}:${name}`, description: variant.description })),
  );
}

/** Names and descriptions of what can be run. */
import { loadPart, namesOf, type PartKind } from "./registry.ts";

export interface ListEntry {
  name: string;
  description: string;
}

const KIND_OF: Record<string, PartKind> = {
  tasks: "task",
  suites: "suite",
  tools: "tool",
  sandboxes: "sandbox",
  scaffolds: "scaffold",
  models: "provider",
  harnesses: "harness",
};

/** Every part of a kind, loaded for its description only; sorted by name. */
export async function entriesOf(kind: string): Promise<ListEntry[]> {
  if (kind === "variants") return variants();
  const part = KIND_OF[kind] ?? "task";
  const names = await namesOf(part);
  return Promise.all(names.map(async (name) => ({ name, description: (await loadPart(part, name)).description })));
}

async function variants(): Promise<ListEntry[]> {
  const names = await namesOf("task");
  const tasks = await Promise.all(names.map((name) => loadPart("task", name)));
  return tasks.flatMap((task) =>
    Object.entries(task.variants ?? {}).map(([name, variant]) => ({ name: `${task.name}:${name}`, description: variant.description })),
  );
}

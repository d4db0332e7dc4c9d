/** The kinds of parts there are, each with the folder that it is found in, and the lists that `assay list` prints. */

/** A kind's folder, from the root of the package. */
export const FOLDERS = {
  task: "tasks",
  suite: "tasks/suites",
  tool: "tools",
  sandbox: "sandboxes",
  scaffold: "src/scaffolds",
  provider: "src/models/providers",
  harness: "src/run/harnesses",
} as const;

export type PartKind = keyof typeof FOLDERS;

/** What each list is of. Variants are no parts: they belong to their tasks. */
export const LISTS = {
  tasks: "task",
  suites: "suite",
  variants: "variant",
  tools: "tool",
  sandboxes: "sandbox",
  scaffolds: "scaffold",
  models: "provider",
  harnesses: "harness",
} as const satisfies Record<string, PartKind | "variant">;

export type ListName = keyof typeof LISTS;

/** The command that lists a kind. */
export function listCommandOf(kind: PartKind): string {
  const name = Object.entries(LISTS).find(([, listed]) => listed === kind)?.[0];
  return `assay list ${name}`;
}

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
  judge: "src/scoring/judges",
} as const;

export type PartKind = keyof typeof FOLDERS;

/** Where the documentation shows one of a user's own, from the root of the package. */
export const PAGES: Record<PartKind, string> = {
  task: "docs/tasks.md#a-task-of-your-own",
  suite: "docs/extending.md#a-suite",
  tool: "docs/tools.md#a-tool-of-your-own",
  sandbox: "docs/extending.md#a-sandbox",
  scaffold: "docs/extending.md#a-scaffold",
  provider: "docs/models.md#a-provider-of-your-own",
  harness: "docs/extending.md#a-harness",
  judge: "docs/judges.md#a-judge-of-your-own",
};

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
  judges: "judge",
} as const satisfies Record<string, PartKind | "variant">;

export type ListName = keyof typeof LISTS;

/** The command that lists a kind. */
export function listCommandOf(kind: PartKind): string {
  const name = Object.entries(LISTS).find(([, listed]) => listed === kind)?.[0];
  return `assay list ${name}`;
}

/**
 * Finds parts by file name and loads them when they are used. A built-in is a file in its kind's folder;
 * a user's own is a path. Nothing is registered, so nothing depends on import order.
 */
import { readdir } from "node:fs/promises";
import { z } from "zod";
import { AssayError } from "../core/errors.ts";
import { harnessSchema, type Harness } from "../core/harness.ts";
import type { JudgeScorer } from "../core/judge.ts";
import type { ProviderDefinition } from "../core/model.ts";
import type { SandboxDefinition } from "../core/sandbox.ts";
import type { ScaffoldDefinition } from "../core/scaffold.ts";
import { suiteSchema, type Suite } from "../core/suite.ts";
import type { AnyTask } from "../core/task.ts";
import type { AnyTool } from "../core/tool.ts";
import { nameHint } from "../core/nearest.ts";
import { isOwnFile, loadOwnFile } from "./own-files.ts";
import { FOLDERS, listCommandOf, PAGES, type PartKind } from "./part-kinds.ts";

interface Parts extends Record<PartKind, unknown> {
  task: AnyTask;
  suite: Suite;
  tool: AnyTool;
  sandbox: SandboxDefinition;
  scaffold: ScaffoldDefinition;
  provider: ProviderDefinition;
  harness: Harness;
  judge: JudgeScorer;
}

const hasFunction = (...names: string[]) =>
  z.custom<unknown>(
    (value) =>
      typeof value === "object" &&
      value !== null &&
      "name" in value &&
      names.every((name) => typeof Reflect.get(value, name) === "function"),
    {
      message: `is not made by the define… function of its kind (it lacks a name or ${names.join(", ")})`,
    },
  );

/** What a loaded file must at least be; each kind's define… function checks the rest. */
const SCHEMAS: { [Kind in PartKind]: z.ZodType<unknown> } = {
  task: hasFunction("toInstance", "format"),
  suite: suiteSchema,
  tool: hasFunction("execute"),
  sandbox: hasFunction("open", "availability"),
  scaffold: hasFunction("run"),
  provider: hasFunction("open"),
  harness: harnessSchema,
  judge: hasFunction("score"),
};

const root = new URL("../../", import.meta.url);
const extension = import.meta.url.endsWith(".ts") ? ".ts" : ".js";

const fileNames = new Map<PartKind, Promise<Map<string, string>>>();

/** Built-in names of a kind with the file each lives in. */
function builtIns(kind: PartKind): Promise<Map<string, string>> {
  let found = fileNames.get(kind);
  if (!found) fileNames.set(kind, (found = discover(kind)));
  return found;
}

async function discover(kind: PartKind): Promise<Map<string, string>> {
  const folder = new URL(`${FOLDERS[kind]}/`, root);
  const found = new Map<string, string>();
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (entry.isFile() && entry.name.endsWith(extension) && !entry.name.endsWith(`.d${extension}`))
      found.set(entry.name.slice(0, -extension.length), entry.name);
    else if (kind === "task" && entry.isDirectory() && entry.name !== "suites") found.set(entry.name, `${entry.name}/index${extension}`);
  }
  return new Map([...found].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Names of the built-in parts of a kind, sorted. */
export async function namesOf(kind: PartKind): Promise<string[]> {
  return [...(await builtIns(kind)).keys()];
}

/** Whether `name` is a built-in of this kind. */
export async function isBuiltIn(kind: PartKind, name: string): Promise<boolean> {
  return (await builtIns(kind)).has(name);
}

/** Whether `name` is a suite: a built-in's name, or a path to a file whose export has members. */
export async function isSuite(name: string): Promise<boolean> {
  if (!isOwnFile(name)) return isBuiltIn("suite", name);
  const exported = await loadOwnFile(name);
  return typeof exported === "object" && exported !== null && "members" in exported;
}

/** Loads a part by its name, or a user's own by its path. */
export async function loadPart<Kind extends PartKind>(kind: Kind, name: string): Promise<Parts[Kind]> {
  return parsePart(kind, name, isOwnFile(name) ? await loadOwnFile(name) : await loadBuiltIn(kind, name));
}

async function loadBuiltIn(kind: PartKind, name: string): Promise<unknown> {
  const known = await builtIns(kind);
  const file = known.get(name);
  if (!file) {
    throw new AssayError("usage/unknown-name", `There is no ${kind} ${JSON.stringify(name)}.`, {
      hint: nameHint(name, [...known.keys()], listCommandOf(kind)),
    });
  }
  const module = (await import(new URL(`${FOLDERS[kind]}/${file}`, root).href)) as { default: unknown };
  return module.default;
}

function parsePart<Kind extends PartKind>(kind: Kind, name: string, value: unknown): Parts[Kind] {
  const parsed = SCHEMAS[kind].safeParse(value);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const where = issue?.path.length ? `${issue.path.join(".")}: ` : "";
    throw new AssayError("config/invalid", `${name} is not a ${kind}: ${where}${issue?.message ?? "it does not match"}.`, {
      hint: `${PAGES[kind]} shows one.`,
    });
  }
  // The schema of a kind accepts exactly its definition type; TypeScript cannot follow that through the table.
  return parsed.data as Parts[Kind];
}

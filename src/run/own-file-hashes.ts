/** Hashes of a user's own files that take part in a run: a scorer, an option or a tool's code changed in one would not show otherwise. */
import type { Execution } from "./execution.ts";
import { refuseMissing } from "../data/bytes.ts";
import { hashOfFile } from "../data/files.ts";
import { parseModelSpec } from "../models/client.ts";
import { isOwnFile, ownFileHash } from "./own-files.ts";
import { loadPart } from "./registry.ts";
import type { ResolvedTask } from "./resolve.ts";

interface TaskParts {
  task: ResolvedTask;
  execution: Execution;
}

/** By what each file defines, such as `task sums`. Built-in parts have none: their task's version and Assay's own stand for them. */
export async function ownFileHashes(
  tasks: readonly TaskParts[],
  { model, sandbox: sandboxName }: { model: string; sandbox: string | undefined },
): Promise<Record<string, string>> {
  const paths = new Map<string, string>();
  const note = (part: string, name: string | undefined) => name !== undefined && isOwnFile(name) && paths.set(part, name);
  for (const { task, execution } of tasks) {
    const { harness, scaffold, tools, sandbox } = execution;
    note(`task ${task.task.name}`, task.given.split(":")[0]);
    note(`scaffold ${scaffold.name}`, harness.scaffold);
    for (const [position, tool] of tools.entries()) note(`tool ${tool.name}`, harness.tools[position]);
    if (sandbox) note(`sandbox ${sandbox.definition.name}`, sandboxName);
  }
  const hashes = await Promise.all([...paths].map(async ([part, path]) => [part, await ownFileHash(path)] as const));
  return { ...Object.fromEntries(hashes), ...(await modelFileHash(model)) };
}

async function modelFileHash(model: string): Promise<Record<string, string>> {
  const spec = parseModelSpec(model);
  const { namesFile = false } = await loadPart("provider", spec.provider);
  if (!namesFile) return {};
  await refuseMissing(spec.model, `The model ${model} names a file: check its path.`);
  return { [`model ${model}`]: await hashOfFile(spec.model) };
}

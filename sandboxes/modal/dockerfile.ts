/** A Dockerfile in the words of the SDK: the image that it starts from, and its instructions by layers. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { AssayError } from "../../src/index.ts";
import { findBuildContext } from "../container/image/context.ts";

export interface Recipe {
  /** For people: `basic` of `basic.Dockerfile`, or the folder's name. */
  name: string;
  /** A registry's tag. */
  from: string;
  /** Each is built, and kept, by itself. */
  layers: string[][];
}

interface Instruction {
  name: string;
  text: string;
  line: number;
}

/** Instructions that do something; what stands before one goes into its layer. */
const ENDS_LAYER = new Set(["RUN", "COPY", "ADD"]);
/** What these say ends with their layer. */
const NEEDS_ONE_LAYER = new Set(["ARG", "SHELL"]);

export async function readRecipe(path: string): Promise<Recipe> {
  const { name, folder, dockerfile } = await findBuildContext(path);
  return { name, ...parseRecipe(await readFile(join(folder, dockerfile), "utf8"), path) };
}

export function parseRecipe(text: string, path: string): Omit<Recipe, "name"> {
  const refuse = (line: number, what: string, hint: string): AssayError =>
    new AssayError("sandbox/image", `Dockerfile "${path}", line ${line}: ${what}`, { hint });
  const all = readInstructions(text);
  const start = all.findIndex(({ name }) => name === "FROM");
  const first = all[start];
  if (!first) throw refuse(1, "there is no FROM.", "Begin it with the image that it extends.");
  const rest = all.slice(start + 1);
  const stage = rest.find(({ name }) => name === "FROM");
  if (stage)
    throw refuse(stage.line, "a second FROM cannot be built on Modal.", "Publish the image to a registry and name it with `image`.");
  const local = rest.find(isFromContext);
  if (local) {
    const hint = "Make or download the file in a RUN, or publish the image to a registry and name it with `image`.";
    throw refuse(local.line, `${local.name} of files beside it cannot be built on Modal, which is not sent them.`, hint);
  }
  const from =
    withArguments(first.text.replace(/^FROM\s+/i, "").replace(/^--platform=\S+\s+/, ""), all.slice(0, start)).split(/\s+/)[0] ?? "";
  return { from, layers: layersOf(rest) };
}

function layersOf(instructions: readonly Instruction[]): string[][] {
  const layers: string[][] = [[]];
  const isOneLayer = instructions.some(({ name }) => NEEDS_ONE_LAYER.has(name));
  for (const { name, text } of instructions) {
    layers.at(-1)?.push(text);
    if (!isOneLayer && ENDS_LAYER.has(name)) layers.push([]);
  }
  return layers.filter((layer) => layer.length > 0);
}

/** Another image's files and what an address gives need nothing of this machine's. */
function isFromContext({ name, text }: Instruction): boolean {
  if (name === "COPY") return !/^COPY\s+(--\S+\s+)*--from=/i.test(text);
  return name === "ADD" && !/^ADD\s+(--\S+\s+)*(https?|git):/i.test(text);
}

/** What stands before FROM is for it alone. */
function withArguments(reference: string, before: readonly Instruction[]): string {
  const values = new Map(
    before.flatMap(({ name, text }) => {
      const [, key, value] = /^ARG\s+(\w+)=(?:"([^"]*)"|.*)/i.exec(text) ?? [];
      const plain = /^ARG\s+\w+=(\S*)/i.exec(text)?.[1] ?? "";
      return name === "ARG" && key !== undefined ? [[key, value ?? plain] as const] : [];
    }),
  );
  return reference.replaceAll(/\$\{?(\w+)\}?/g, (whole, key: string) => values.get(key) ?? whole);
}

/** Instructions with their continued lines and here-documents; comments are left out. */
function readInstructions(text: string): Instruction[] {
  const lines = text.replace(/^\uFEFF/, "").split(/\r?\n/);
  const found: Instruction[] = [];
  for (let at = 0; at < lines.length; at += 1) {
    if (isNothing(lines[at])) continue;
    const line = at + 1;
    const parts = [lines[at] ?? ""];
    while (/\\\s*$/.test(parts.at(-1) ?? "") && at + 1 < lines.length) {
      at += 1;
      // A comment between continued lines is none of them.
      if (!/^\s*#/.test(lines[at] ?? "")) parts.push(lines[at] ?? "");
    }
    for (const [, end] of parts.join("\n").matchAll(/<<-?\s*["']?(\w+)["']?/g)) {
      do {
        at += 1;
        parts.push(lines[at] ?? "");
      } while (at < lines.length && (lines[at] ?? "").trim() !== end);
    }
    const instruction = parts.join("\n").trim();
    found.push({ name: (/^\w+/.exec(instruction)?.[0] ?? "").toUpperCase(), text: instruction, line });
  }
  return found;
}

function isNothing(line = ""): boolean {
  return /^\s*(#|$)/.test(line);
}

/** Loads a user's own definition file from outside the package: TypeScript, JavaScript or YAML. */
import { existsSync } from "node:fs";
import { readFile, realpath } from "node:fs/promises";
import { registerHooks } from "node:module";
import { dirname, isAbsolute, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { AssayError } from "../core/errors.ts";
import { hashOf, sha256 } from "../core/json.ts";

const OWN_FILE = /\.(?:[cm]?[jt]s|ya?ml)$/;

/** Whether a name given by a user is a path to a file of theirs. */
export function isOwnFile(name: string): boolean {
  return OWN_FILE.test(name);
}

/** A path in a user's own file is relative to that file; as it is relative to the current folder. Names stay as they are. */
export function besideOwnFile(file: string, name: string): string {
  return isOwnFile(name) && !isAbsolute(name) ? join(dirname(file), name) : name;
}

let hasHooks = false;

/** What each file imports by path, as URLs: Assay's own sources and installed packages left out. */
const imports = new Map<string, Set<string>>();
const assaySources = new URL("../", import.meta.url).href;

function noteImport(parent: string, url: string): void {
  if (!url.startsWith("file:") || url.includes("/node_modules/") || url.startsWith(assaySources)) return;
  const known = imports.get(parent);
  if (known) known.add(url);
  else imports.set(parent, new Set([url]));
}

/** A file outside the package imports `assay`, or a sandbox of it, and gets this very copy, installed beside it or not. */
function resolveAssayToThisCopy(): void {
  if (hasHooks) return;
  hasHooks = true;
  const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
  registerHooks({
    resolve(specifier, context, next) {
      const [, sandbox] = /^assay(?:\/sandboxes\/([\w-]+))?$/.exec(specifier) ?? [undefined, null];
      if (sandbox === null) {
        const found = next(specifier, context);
        if (context.parentURL !== undefined) noteImport(context.parentURL, found.url);
        // `npm init` writes "type": "commonjs"; a TypeScript file is a module all the same, unless it is named .cts.
        const isModule = found.format === "commonjs-typescript" && found.url.endsWith(".ts") && !found.url.includes("/node_modules/");
        return isModule ? { ...found, format: "module-typescript" } : found;
      }
      const path = sandbox === undefined ? `../index.${extension}` : `../../sandboxes/${sandbox}.${extension}`;
      return { url: new URL(path, import.meta.url).href, shortCircuit: true };
    },
  });
}

/** Hash of the contents of a loaded file and of the files that it imports by path, however far. No path is part of it. */
export async function ownFileHash(path: string): Promise<string> {
  const reached = new Set([pathToFileURL(await realpath(path)).href]);
  // A set's loop goes on to what is added meanwhile.
  for (const url of reached) for (const imported of imports.get(url) ?? []) reached.add(imported);
  const contents = await Promise.all([...reached].map((url) => readFile(new URL(url))));
  return hashOf(contents.map(sha256).toSorted());
}

/** The default export of a module, or the parsed document of a YAML file. Throws `config/not-loadable` with what went wrong. */
export async function loadOwnFile(path: string): Promise<unknown> {
  const absolute = resolve(path);
  if (!existsSync(absolute))
    throw new AssayError("config/not-loadable", `There is no file ${path}.`, {
      hint: "Check the path; it is relative to the current folder.",
    });
  try {
    if (/\.ya?ml$/.test(path)) {
      const { parse } = await import("yaml");
      return parse(await readFile(absolute, "utf8"));
    }
    resolveAssayToThisCopy();
    const module = (await import(pathToFileURL(absolute).href)) as { default?: unknown };
    if (module.default === undefined)
      throw new AssayError("config/not-loadable", `${path} has no default export.`, {
        hint: "Write `export default defineTask({ … })` (or defineTool, defineSandbox …).",
      });
    return module.default;
  } catch (error) {
    if (error instanceof AssayError) throw error;
    const message = error instanceof Error ? error.message.split("\n")[0] : String(error);
    throw new AssayError("config/not-loadable", `${path} could not be loaded: ${message}`, {
      hint: /outside a module|Unexpected token 'export'/.test(message ?? "")
        ? 'Name it .mjs or .ts, or write "type": "module" into the package.json beside it.'
        : "Fix the file, then run the same command again.",
      cause: error,
    });
  }
}

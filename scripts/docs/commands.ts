/** Command lines in the pages: parsed by the program's own commands, their names looked up where a run would look them up. */
import type { Command } from "commander";
import { commandNames, wholeCommand } from "../../src/cli/command-files.ts";
import type { RunFlags } from "../../src/cli/run/flags.ts";
import { parseModelSpec } from "../../src/models/client.ts";
import { isOwnFile } from "../../src/run/own-files.ts";
import { parseOverrides } from "../../src/run/overrides.ts";
import type { PartKind } from "../../src/run/part-kinds.ts";
import { loadPart } from "../../src/run/registry.ts";
import { resolveSpecs } from "../../src/run/resolve.ts";
import type { Fence } from "./fences.ts";

const SHELLS = new Set(["sh", "bash", "console", "shell"]);

/** Every `assay …` of a shell block, as words. In a `console` block only lines after `$ ` are commands. */
export function commandLines({ language, text }: Fence): string[][] {
  if (!SHELLS.has(language)) return [];
  const lines = text.replaceAll("\\\n", " ").split("\n");
  const commands = language === "console" ? lines.filter((line) => line.startsWith("$ ")).map((line) => line.slice(2)) : lines;
  return commands
    .flatMap((line) => splitCommands(line))
    .flatMap((words) => {
      const start = words.findIndex((word) => !/^\w+=/.test(word) && word !== "npx");
      return words[start] === "assay" ? [words.slice(start + 1)] : [];
    });
}

/** Words of a line as a shell would see them, one list for each command joined by `&&`, `;` or `|`; a comment ends it. */
export function splitCommands(line: string): string[][] {
  const commands: string[][] = [[]];
  for (const [word = "", operator] of line.matchAll(/(&&|\|\|?|;)|#.*|(?:"(?:\\.|[^"\\])*"|'[^']*'|<[^>]*>|[^\s;|&"'#<]|#(?<=\S#))+/g)) {
    if (operator !== undefined) commands.push([]);
    else if (word.startsWith("#")) break;
    else
      commands
        .at(-1)
        ?.push(word.replaceAll(/"((?:\\.|[^"\\])*)"|'([^']*)'/g, (_, double?: string, single?: string) => double ?? single ?? ""));
  }
  return commands.filter((words) => words.length > 0);
}

/** Why a command line would be refused; undefined where it would not. `files` are the files that its page shows. */
export async function whyRefused(words: readonly string[], files: ReadonlySet<string>): Promise<string | undefined> {
  try {
    const [name = "", ...rest] = words.filter((word) => word !== "--debug");
    if (name.startsWith("-")) return /^(?:--version|-V|--help|-h)$/.test(name) ? undefined : `there is no option ${name}`;
    if (!(await commandNames()).includes(name)) return `there is no command ${name}`;
    const command = await wholeCommand(name);
    silence(command);
    await command.parseAsync(rest, { from: "user" });
    if (name === "run") await checkNames(command.opts<RunFlags>(), files);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** The command and its own commands parse their words, and do nothing. */
function silence(command: Command): void {
  command.exitOverride().configureOutput({ writeErr: () => undefined, writeOut: () => undefined });
  command.action(() => undefined);
  for (const child of command.commands) silence(child);
}

async function checkNames(flags: RunFlags, files: ReadonlySet<string>): Promise<void> {
  const overrides = parseOverrides(flags.overrides ?? []);
  const known = (name: string) => {
    if (!isOwnFile(name)) return true;
    if (!files.has(name.replace(/^\.\//, ""))) throw new Error(`no page shows the file ${name}`);
    return false;
  };
  const builtIn: [PartKind, string][] = flags.harness.map((name) => ["harness", name]);
  if (flags.model !== undefined) builtIn.push(["provider", parseModelSpec(flags.model).provider]);
  if (flags.sandbox !== undefined) builtIn.push(["sandbox", flags.sandbox]);
  for (const [kind, name] of builtIn) if (known(name)) await loadPart(kind, name);
  for (const spec of flags.specs ?? []) if (known(spec.split(":")[0] ?? "")) await resolveSpecs([spec], overrides);
}

/** Commands of the program: one file each in commands/, found by its name and loaded when it is asked for. */
import { readdir } from "node:fs/promises";
import type { Command } from "commander";

interface CommandFile {
  /** The command as the list of commands shows it. Loads nothing heavy. */
  default: () => Command;
  /** Adds what only the command itself needs. */
  complete?: (command: Command) => Promise<void>;
}

const folder = new URL("commands/", import.meta.url);
const extension = import.meta.url.endsWith(".ts") ? ".ts" : ".js";

/** Names of all commands, sorted. */
export async function commandNames(): Promise<string[]> {
  const files = await readdir(folder);
  return files
    .filter((file) => file.endsWith(extension) && !file.endsWith(`.d${extension}`))
    .map((file) => file.slice(0, -extension.length))
    .sort();
}

/** A command with name, description and arguments. */
export async function outlineOf(name: string): Promise<Command> {
  return (await loadFile(name)).default();
}

/** A command with everything, ready to parse its words. */
export async function wholeCommand(name: string): Promise<Command> {
  const { default: build, complete } = await loadFile(name);
  const command = build();
  await complete?.(command);
  return command;
}

async function loadFile(name: string): Promise<CommandFile> {
  return (await import(new URL(`${name}${extension}`, folder).href)) as CommandFile;
}

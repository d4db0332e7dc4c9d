/** Commands that are longer than Modal takes go into a file first. */
import { randomBytes } from "node:crypto";
import { isShellName, quote } from "../container/commands/shell-words.ts";
import { within } from "./errors.ts";
import type { Machine } from "./machine.ts";
import { runPlain } from "./plain-run.ts";
import { ownScript, SHELL } from "../container/system-shell.ts";

/** Modal takes 65,536 characters of arguments; what is put around a command needs some. */
const MAX_ARGUMENT_CHARACTERS = 48_000;
/** How many variables' bytes an exec takes is not documented. */
const MAX_ENVIRONMENT_BYTES = 16_000;
/** Root's; nobody else can list or write it. */
const FOLDER = "/.assay";
/** Nobody else can look for a file here, which is not yet its owner's. */
const NEW_FOLDER = `${FOLDER}/new`;
/** Where verifiers are given theirs. */
export const VERIFIER_FOLDER = "/.verifier";
/** By its path, as it runs where PATH may lead to programs of an agent's. */
const ENV = "/usr/bin/env";
/** Makes them, before the first file would make another one. */
export const MAKE_STAGE = `mkdir -p ${NEW_FOLDER} ${VERIFIER_FOLDER} && chmod 711 ${FOLDER} ${VERIFIER_FOLDER} && chmod 700 ${NEW_FOLDER}`;
const WRITE_MS = 120_000;

/** It may hold what only its owner is to know. */
const HAND_OVER = 'chown "$1" "$2" && chmod 400 "$2" && exec mv "$2" "$3"';

export interface StagedCommand {
  argv: readonly string[];
  /** What the process is started with: the user is changed under these. */
  env: Record<string, string>;
  remove(): Promise<void>;
}

export async function staged(
  machine: Machine,
  { argv, env, owner }: { argv: readonly string[]; env: Readonly<Record<string, string>>; /** `uid:gid` */ owner: string },
): Promise<StagedCommand> {
  const names = Object.keys(env);
  const environmentBytes = names.reduce((sum, name) => sum + name.length + Buffer.byteLength(env[name] ?? ""), 0);
  const isLong = argv.reduce((sum, word) => sum + word.length, 0) > MAX_ARGUMENT_CHARACTERS;
  if (!isLong && environmentBytes <= MAX_ENVIRONMENT_BYTES) {
    const early = names.filter((name) => !isLate(name));
    const late = names.filter(isLate).map((name) => `${name}=${env[name]}`);
    return {
      argv: late.length === 0 ? argv : [ENV, ...late, ...argv],
      env: Object.fromEntries(early.map((name) => [name, env[name] ?? ""])),
      remove: async () => {},
    };
  }
  const name = randomBytes(16).toString("hex");
  const file = `${FOLDER}/${name}`;
  const exports = names.filter(isShellName).map((name) => `export ${name}=${quote(env[name] ?? "")}\n`);
  const others = names.filter((name) => !isShellName(name)).map((name) => quote(`${name}=${env[name]}`));
  const words = [...(others.length > 0 ? [ENV, ...others] : []), ...argv.map(quote)];
  const script = Buffer.from(`${exports.join("")}exec ${words.join(" ")}\n`);
  try {
    await within(WRITE_MS, "a long command", machine.sandbox.filesystem.writeBytes(script, `${NEW_FOLDER}/${name}`), machine.ended);
    await runPlain(machine, { argv: ownScript(HAND_OVER, [owner, `${NEW_FOLDER}/${name}`, file]), timeoutMs: WRITE_MS });
  } catch (error) {
    throw await machine.failure("a long command", error);
  }
  return {
    argv: [SHELL, file],
    env: {},
    async remove() {
      await within(WRITE_MS, "the end of a long command", machine.sandbox.filesystem.remove(file), machine.ended).catch(() => {});
    },
  };
}

/** Variables that would change what starts a command, and names that Modal does not take, are set just before it. */
function isLate(name: string): boolean {
  return !isShellName(name) || name === "PATH" || name === "ENV" || /^(LD_|GLIBC_)/.test(name);
}

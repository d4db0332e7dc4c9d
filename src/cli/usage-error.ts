/** What the parser of the command line refuses, said as every other error is. */
import type { CommanderError } from "commander";
import { AssayError, type ErrorCode } from "../core/errors.ts";

interface Wording {
  code: ErrorCode;
  /** Of the parser's message; its groups are given to `say`. */
  pattern: RegExp;
  say: (...groups: string[]) => string;
}

/** By the parser's code. A name in the parser's suggestion becomes the hint. */
const WORDINGS: Record<string, Wording> = {
  "commander.unknownOption": { code: "usage/unknown-name", pattern: /option '(.+?)'/, say: (name) => `There is no option ${name}.` },
  "commander.unknownCommand": {
    code: "usage/unknown-name",
    pattern: /command '(.+?)'/,
    say: (name) => `There is no command ${JSON.stringify(name)}.`,
  },
  "commander.optionMissingArgument": {
    code: "usage/bad-option",
    pattern: /option '(.+)'/,
    say: (option) => `${option}: the value is missing.`,
  },
  "commander.missingArgument": { code: "usage/bad-option", pattern: /argument '(.+)'/, say: (name) => `<${name}> is missing.` },
  "commander.conflictingOption": {
    code: "usage/bad-option",
    pattern: /option '(.+)' cannot be used with option '(.+)'/,
    say: (one, other) => `${one} cannot be used with ${other}.`,
  },
  "commander.excessArguments": {
    code: "usage/bad-option",
    pattern: /Expected (\d+) .*got (\d+): (.*)\.$/,
    say: (expected, got, words) => `There are too many words: expected ${expected}, got ${got}: ${words}.`,
  },
};

/** `command` is the one whose words were parsed: `assay run`. */
export function usageError({ code, message }: CommanderError, command: string): AssayError {
  const [line = "", suggestion] = message.replace(/^error: /, "").split("\n");
  const wording = WORDINGS[code];
  const groups = wording?.pattern.exec(line);
  const hint = suggestion === undefined ? `See: ${command} --help` : suggestion.replace(/^\((.*)\)$/, "$1");
  return new AssayError(wording?.code ?? "usage/bad-option", wording && groups ? wording.say(...groups.slice(1)) : line, { hint });
}

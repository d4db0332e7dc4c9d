/** Tells a verifier that could not do its work from work that is wrong: a status of 126 or 127 may be either's. */
import { AssayError } from "../core/errors.ts";
import type { FileContent } from "../core/file-content.ts";
import type { Sandbox, VerifyRequest, VerifyResult } from "../core/sandbox.ts";
import { runVerifier } from "./run-verifier.ts";

const NOT_EXECUTABLE = 126;
const NOT_FOUND = 127;

/** Words after which another command's name comes. */
const BEFORE_COMMAND = new Set(["if", "then", "else", "elif", "do", "while", "until", "!", "{", "time", "exec", "command", "nohup", "env"]);

/** Prints those of its arguments that are no command for this user. */
const LOOK = 'for name; do command -v "$name" >/dev/null 2>&1 || printf "%s\\n" "$name"; done';

/**
 * Throws `score/failed` where a program that the verifier itself calls by its bare name, or that its scripts name after `#!`, is not in the
 * sandbox. A program that the agent was to make is called by its path, or looked for with `command -v`.
 */
export async function refuseMissingTools(
  sandbox: Sandbox,
  result: VerifyResult,
  { command, files = {}, signal }: Pick<VerifyRequest, "command" | "files" | "signal">,
): Promise<void> {
  if (result.timedOut || (result.exitCode !== NOT_FOUND && result.exitCode !== NOT_EXECUTABLE)) return;
  const names = typeof command === "string" ? toolsOf(command, files) : command.slice(0, 1);
  if (names.length === 0) return;
  const look = await runVerifier(sandbox, {
    command: ["sh", "-c", LOOK, "sh", ...names],
    modes: "kept",
    timeoutMs: 30_000,
    ...(signal && { signal }),
  });
  const missing = new TextDecoder()
    .decode(look.stdout)
    .split("\n")
    .filter((name) => names.includes(name));
  if (missing.length === 0) return;
  throw new AssayError("score/failed", `The verifier needs ${missing.join(", ")}, which the sandbox does not have.`, {
    hint: "Install it in the task's image. A program that the agent has to provide is called by its path.",
  });
}

/** What the command calls, and what the scripts among its files call that it mentions. */
function toolsOf(command: string, files: Readonly<Record<string, FileContent>>): string[] {
  const found = new Set(calledBy(command));
  for (const [path, content] of Object.entries(files)) {
    const text = textOf(content);
    if (!command.includes(path) || text === undefined) continue;
    const interpreter = /^#!\s*(?:\S*\/env\s+(?:-S\s+)?)?(\S+)/.exec(text)?.[1];
    if (interpreter !== undefined) found.add(interpreter);
    if (path.endsWith(".sh") || /^(\S*\/)?(ba|da)?sh$/.test(interpreter ?? "")) for (const name of calledBy(text)) found.add(name);
  }
  return [...found];
}

/** The bare names in a command's place: without quoted text, comments, here-documents and what the script defines itself. */
function calledBy(script: string): string[] {
  const plain = script
    .replaceAll(/\\\n/g, " ")
    .replaceAll(/<<-?\s*(['"]?)(\w+)\1[^\n]*\n[\s\S]*?\n\s*\2(?=\n|$)/g, "\n")
    .replaceAll(/'[^']*'|"(?:\\.|[^"\\])*"/g, '""')
    .replaceAll(/(^|\s)#[^\n]*/g, "$1");
  const own = new Set([...plain.matchAll(/([\w-]+)\s*\(\)/g)].map((match) => match[1]));
  const names = plain.split(/[\n;&|()`]+/).map(firstCommand);
  return names.filter((name) => name !== undefined && !own.has(name)) as string[];
}

function firstCommand(piece: string): string | undefined {
  const words = piece.trim().split(/\s+/);
  const name = words.find((word) => !BEFORE_COMMAND.has(word) && !/^\w+=/.test(word));
  // Neither a path, which may be the agent's work, nor an expansion.
  return name !== undefined && /^[A-Za-z_][\w.+-]*$/.test(name) ? name : undefined;
}

function textOf(content: FileContent): string | undefined {
  if (typeof content === "string") return content;
  return "text" in content ? content.text : undefined;
}

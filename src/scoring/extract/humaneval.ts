/** HumanEval: from a model's reply to the program that decides. */
import { afterThinking, pythonBlock } from "./code.ts";

/** The fields of a HumanEval row that its program is made of. */
export interface HumanEvalProblem {
  prompt: string;
  test: string;
  entry_point: string;
}

/** Where base models are stopped in HumanEval. Source: Chen et al. 2021 (arXiv 2107.03374), §2.2. */
export const HUMANEVAL_STOPS = ["\nclass", "\ndef", "\n#", "\nif", "\nprint"] as const;

/** The text before the earliest stop sequence. */
export function cutAtStop(text: string, stops: readonly string[]): string {
  const ends = stops.map((stop) => text.indexOf(stop)).filter((index) => index >= 0);
  return ends.length === 0 ? text : text.slice(0, Math.min(...ends));
}

/** The program of a raw completion: prompt, completion, tests, and the call that runs them. Source: openai/human-eval, `check_correctness`. */
export function humanEvalProgram(problem: HumanEvalProblem, completion: string): string {
  return `${problem.prompt}${completion}\n${problem.test}\ncheck(${problem.entry_point})`;
}

/** The prompt followed by the reply's text before its first fence: for replies that continue a fence which the request opened. */
export function continueFence(problem: HumanEvalProblem, response: string): string {
  const end = response.indexOf("```");
  return problem.prompt + (end < 0 ? response : response.slice(0, end));
}

/**
 * The program of a chat reply. A reply that defines the entry point itself replaces the prompt's definition and keeps the imports and
 * helper functions before it; any other reply is the function's body, indented where it is not.
 */
export function assembleHumanEval(problem: HumanEvalProblem, response: string): string {
  const definition = definitionOf(problem.entry_point);
  const answer = afterThinking(response);
  const block = pythonBlock(answer, (code) => definition.test(code));
  const code = block ?? answer;
  const ending = `\n${problem.test}\ncheck(${problem.entry_point})`;
  if (!definition.test(code)) return `${problem.prompt}${indentBody(code)}${ending}`;
  const start = definition.exec(problem.prompt)?.index ?? 0;
  return `${problem.prompt.slice(0, start)}${block ?? fromFirstStatement(answer)}${ending}`;
}

/** A definition at column 0. */
function definitionOf(name: string): RegExp {
  const escaped = name.replaceAll(/[\\^$.*+?()[\]{}|]/g, "\\$&");
  return new RegExp(`^(?:async[ \\t]+)?def[ \\t]+${escaped}[ \\t]*\\(`, "m");
}

/** Drops prose before the first line that begins a Python program, in replies without a fence. */
function fromFirstStatement(code: string): string {
  const start = code.search(/^(?:(?:from|import|def|async[ \t]+def|class)\b|@|[A-Za-z_]\w*[ \t]*=)/m);
  return start < 0 ? code : code.slice(start);
}

const INDENT = "    ";
const indentationOf = (line: string) => line.length - line.trimStart().length;

/** A function body, indented by four columns where its first line is not indented; lines that already are stay as they are. */
function indentBody(code: string): string {
  const lines = code.replace(/^(?:[ \t]*\n)+/, "").split("\n");
  const [first = "", ...rest] = lines;
  if (first.trim() === "" || indentationOf(first) > 0) return lines.join("\n");
  // A reply whose leading white space was trimmed: only its first line has lost its indentation.
  const others = rest.filter((line) => line.trim() !== "").map(indentationOf);
  const [next = 0] = others;
  const isFirstOnly = others.every((columns) => columns >= 4) && next >= (first.trimEnd().endsWith(":") ? 8 : 4);
  if (isFirstOnly) return [INDENT + first, ...rest].join("\n");
  return lines.map((line) => (line.trim() === "" ? line : INDENT + line)).join("\n");
}

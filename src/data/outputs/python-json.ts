/** JSON as Python writes it: with the bare words NaN, Infinity and -Infinity, which JSON does not have. */
import { parseJson } from "../json.ts";

/** Like JSON.parse, but a number that is none becomes null. Throws `data/invalid`. */
export function parsePythonJson(text: string, where: string): unknown {
  return parseJson(/NaN|Infinity/.test(text) ? withoutBareWords(text) : text, where);
}

/** Replaces the words outside of strings. By hand: a pattern for strings exhausts the engine's stack on a long one. */
function withoutBareWords(text: string): string {
  const parts: string[] = [];
  for (let at = 0; at < text.length;) {
    const quote = text.indexOf('"', at);
    const end = quote < 0 ? text.length : quote;
    parts.push(text.slice(at, end).replaceAll(/-?\bInfinity\b|\bNaN\b/g, "null"));
    if (quote < 0) break;
    at = endOfString(text, quote);
    parts.push(text.slice(quote, at));
  }
  return parts.join("");
}

/** The place after the quotation mark that closes the string which opens at `start`. */
function endOfString(text: string, start: number): number {
  for (let quote = text.indexOf('"', start + 1); quote >= 0; quote = text.indexOf('"', quote + 1)) {
    let backslashes = 0;
    while (text[quote - 1 - backslashes] === "\\") backslashes += 1;
    if (backslashes % 2 === 0) return quote + 1;
  }
  return text.length;
}

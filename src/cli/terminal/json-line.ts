/** What `--json` prints: lines in which nothing acts upon a terminal that they are shown on. */
import { UNSAFE } from "./printable.ts";

export function jsonLine(value: unknown): string {
  return `${inertJson(JSON.stringify(value))}\n`;
}

/** JSON escapes the controls below U+0020 by itself, but no others: the 8-bit CSI (U+009B) and what turns text around stay. */
export function inertJson(json: string): string {
  return json.replaceAll(UNSAFE, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** What of a trace or a task may reach a terminal. */
import { expect } from "vitest";

/** Line ends apart, every control character of ASCII and Latin-1, and what reorders or hides text. */
// oxlint-disable-next-line no-control-regex
const RAW = /[\0-\x09\x0B-\x1F\x7F-\x9F\u200E\u200F\u2028\u2029\u202A-\u202E\u2066-\u2069]/;

/** Text that tries to move the cursor, clear and retitle the terminal, write its clipboard, answer its queries, and read backwards. */
export const HOSTILE_TEXT =
  "\u001b[2J\u001b[1;1H\u001b]0;ATTACK\u0007\u001b]52;c;QVRUQUNL\u0007\u001b[6n\u001bP$q\u001b\\\u009b31m\u009d0;ATTACK\u009c\b\b\rover\u202Egpj.exe\u2066x\u0000\u007f";

/** A shell command that prints the hostile text, and one that makes a file of that name. */
export const PRINT_HOSTILE = `printf '%b' '${[...Buffer.from(HOSTILE_TEXT)].map((byte) => `\\0${byte.toString(8).padStart(3, "0")}`).join("")}'`;

export function expectHarmless(printed: string): void {
  const found = RAW.exec(printed);
  expect(
    found && { raw: JSON.stringify(found[0]), near: JSON.stringify(printed.slice(Math.max(0, found.index - 80), found.index + 40)) },
  ).toBeNull();
}

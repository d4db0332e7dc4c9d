/** Makes text safe to show on a terminal: ids, errors and whatever a model or a command wrote. */

const SHOWN_CONTROL_OFFSET = 0x2400;
const DELETE = 0x7f;
const SHOWN_DELETE = "\u2421";

// Everything that could move the cursor, colour, beep, reorder or hide text; \n is decided by the caller.
// oxlint-disable-next-line no-control-regex
const UNSAFE = /\r\n|[\0-\x09\x0B-\x1F\x7F-\x9F\u061C\u200B-\u200F\u2028-\u202E\u2060-\u206F\uFEFF\uFFF9-\uFFFB]/g;

/** Every control character as a visible sign, tabs as spaces, line ends as `\n`. */
export function printable(text: string): string {
  return text.toWellFormed().replaceAll(UNSAFE, shown);
}

/** The same on one line: line ends become spaces. */
export function printableLine(text: string): string {
  return printable(text)
    .replaceAll(/\s*\n\s*/g, " ")
    .trim();
}

/**
 * Every control character as JSON's `\\uXXXX`, for text that programs read. JSON itself escapes those below U+0020 only: the 8-bit CSI
 * (U+009B) and what turns text around stay. A line of JSON has no line end in it.
 */
export function escaped(json: string): string {
  return json.replaceAll(UNSAFE, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

function shown(match: string): string {
  if (match === "\r\n") return "\n";
  if (match === "\t") return "    ";
  const code = match.charCodeAt(0);
  if (code < 0x20) return String.fromCharCode(SHOWN_CONTROL_OFFSET + code);
  if (code === DELETE) return SHOWN_DELETE;
  // A zero-width joiner and non-joiner belong to emoji and scripts; alone they hide nothing that could deceive.
  if (code === 0x200d || code === 0x200c) return match;
  return `<U+${code.toString(16).toUpperCase().padStart(4, "0")}>`;
}

/** An error as one line that a person can act on. */
import { printableLine } from "./printable.ts";

/** What happened, then what to do. */
export function errorText(message: string, hint = ""): string {
  return [message, hint].map(sentence).join(" ").trim();
}

/** On one line, with a full stop where it is followed by another sentence; commands and names keep their ends. */
function sentence(text: string, index = 0): string {
  const line = printableLine(text);
  return index > 0 || line === "" || /[.!?:]$/.test(line) ? line : `${line}.`;
}

/** Code in a reply as olmo-eval reads it; our own rule is in code.ts. Source of all: olmo-eval, extract/code.py. */
import { pyStrip, SPACE } from "./python-text.ts";

const OPEN = "<think>";
const CLOSE = "</think>";
const isSpace = new RegExp(`[${SPACE}]`, "u");

/** The first ```` ```python ```` block, else the first block, its language word included, else the text; `<think>` blocks are left out. */
export function extractCodeOlmo(text: string): string {
  const answer = withoutThinking(text);
  const python = between(answer, "```python\n");
  if (python !== null) return python;
  const generic = between(answer, "```");
  if (generic !== null) return generic.startsWith("\n") ? generic.slice(1) : generic;
  const fence = answer.lastIndexOf("```");
  if (fence < 0 || pyStrip(answer.slice(fence + 3)) !== "") return answer;
  return answer.slice(0, answer[fence - 1] === "\n" ? fence - 1 : fence);
}

/** Indents every line that is not blank by four columns, unless the first of them is indented already. */
export function indentCodeOlmo(code: string): string {
  const lines = code.split("\n");
  const first = lines.find((line) => pyStrip(line) !== "");
  if (first === undefined || /^[ \t]/.test(first)) return code;
  return lines.map((line) => (pyStrip(line) === "" ? line : `    ${line}`)).join("\n");
}

function between(text: string, opening: string): string | null {
  const open = text.indexOf(opening);
  const close = open < 0 ? -1 : text.indexOf("```", open + opening.length);
  return close < 0 ? null : text.slice(open + opening.length, close);
}

/** `<think>…</think>` and the white space after it are dropped, case ignored; a text that lost some is trimmed. */
function withoutThinking(text: string): string {
  const folded = text.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase());
  let kept = "";
  let from = 0;
  for (let open = folded.indexOf(OPEN); open >= 0; open = folded.indexOf(OPEN, from)) {
    const close = folded.indexOf(CLOSE, open);
    if (close < 0) break;
    kept += text.slice(from, open);
    from = close + CLOSE.length;
    while (from < text.length && isSpace.test(text.charAt(from))) from += 1;
  }
  return from === 0 ? text : pyStrip(kept + text.slice(from));
}

/** Code in a model's reply. */

export interface FencedBlock {
  /** The first word after the opening fence, in lower case; empty where there is none. */
  language: string;
  /** The lines between the fences, each with its newline. */
  code: string;
  /** False where the text ended before the closing fence. */
  isClosed: boolean;
}

const FENCE = /^[ \t]*(`{3,}|~{3,})[ \t]*([^\s`]*)([^`\n]*)$/;

/** All Markdown code fences of a text, in order. Lines inside a block lose the indentation of its opening fence. */
export function fencedBlocks(text: string): FencedBlock[] {
  const blocks: FencedBlock[] = [];
  let open: { fence: string; indent: string; language: string; lines: string[] } | null = null;
  for (const line of text.split(/\r?\n/)) {
    if (open) {
      const trimmed = line.trim();
      const isClosing = trimmed.startsWith(open.fence) && trimmed === trimmed.charAt(0).repeat(trimmed.length);
      if (!isClosing) {
        open.lines.push(line.startsWith(open.indent) ? line.slice(open.indent.length) : line);
        continue;
      }
      blocks.push({ language: open.language, code: linesOf(open.lines), isClosed: true });
      open = null;
      continue;
    }
    const [, fence, language = ""] = FENCE.exec(line) ?? [];
    if (fence) open = { fence, indent: line.slice(0, line.indexOf(fence)), language: language.toLowerCase(), lines: [] };
  }
  if (open) blocks.push({ language: open.language, code: linesOf(open.lines), isClosed: false });
  return blocks;
}

const linesOf = (lines: readonly string[]) => lines.map((line) => `${line}\n`).join("");

const PYTHON = new Set(["", "python", "python3", "py"]);

/** The text after the last `</think>`; all of it where there is none. */
export function afterThinking(text: string): string {
  const end = text.lastIndexOf("</think>");
  return end < 0 ? text : text.slice(end + "</think>".length);
}

/**
 * The last Python block that `isWanted` accepts, else the first Python block; null without one. A block that the text's end cut off counts.
 */
export function pythonBlock(text: string, isWanted: (code: string) => boolean = () => false): string | null {
  const blocks = fencedBlocks(text).filter((block) => PYTHON.has(block.language));
  return (blocks.findLast((block) => isWanted(block.code)) ?? blocks[0])?.code ?? null;
}

/** The Python code of a reply, reasoning left out: its first Python block, else the whole text. */
export function extractPython(text: string): string {
  const answer = afterThinking(text);
  return pythonBlock(answer) ?? answer;
}

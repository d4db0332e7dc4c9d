/** Finds the fenced code blocks of a model's reply. One pass: hostile text costs no more than its length. */

export interface FencedBlock {
  /** First word after the fence, in lower case; empty where there is none. */
  language: string;
  content: string;
  /** False where the reply ended first. */
  isClosed: boolean;
}

const SHELLS = new Set(["bash", "sh", "shell"]);

export function isShell(block: FencedBlock): boolean {
  return SHELLS.has(block.language);
}

/**
 * Reads ``` and ~~~ fences. Fences inside a shell heredoc are content; so is a pair that opens with a language inside a block,
 * which CommonMark would take apart but models write when their command holds Markdown.
 */
export function fencedBlocks(reply: string): FencedBlock[] {
  const lines = reply.replaceAll("\r\n", "\n").split("\n");
  const lastLineOf = new Map(lines.map((line, index) => [line.trim(), index]));
  const blocks: FencedBlock[] = [];
  for (let index = 0; index < lines.length;) {
    const opening = fenceOf(lines[index] ?? "");
    index += 1;
    if (!opening) continue;
    const block = readBlock(lines, index, opening, lastLineOf);
    blocks.push(block);
    index = block.next;
  }
  return blocks.map(({ language, content, isClosed }) => ({ language, content, isClosed }));
}

interface Fence {
  indent: number;
  /** The run of ` or ~. */
  mark: string;
  info: string;
}

function fenceOf(line: string): Fence | undefined {
  const [, indent = "", mark, info = ""] = /^([ \t]{0,12})(`{3,}|~{3,})(.*)$/.exec(line) ?? [];
  if (mark === undefined || (mark.startsWith("`") && info.includes("`"))) return undefined;
  return { indent: indent.length, mark, info: info.trim() };
}

function readBlock(
  lines: readonly string[],
  start: number,
  opening: Fence,
  lastLineOf: ReadonlyMap<string, number>,
): FencedBlock & { next: number } {
  const block = { language: opening.info.split(/\s/, 1)[0]?.toLowerCase() ?? "", content: "", isClosed: false };
  const indent = new RegExp(`^[ \\t]{0,${opening.indent}}`);
  const content: string[] = [];
  let heredocs: string[] = [];
  let depth = 0;
  let index = start;
  for (; index < lines.length && !block.isClosed; index += 1) {
    const line = (lines[index] ?? "").replace(indent, "");
    // A heredoc whose end never comes is not one (`1 << n`, a forgotten end): its fences count.
    while (heredocs[0] !== undefined && (lastLineOf.get(heredocs[0]) ?? -1) < index) heredocs.shift();
    if (heredocs[0] !== undefined) {
      if (line.trim() === heredocs[0]) heredocs.shift();
    } else {
      const fence = fenceOf(line);
      if (fence?.mark.startsWith(opening.mark)) depth += fence.info === "" ? -1 : 1;
      else if (isShell(block)) heredocs = heredocEnds(line);
      block.isClosed = depth < 0;
    }
    if (!block.isClosed) content.push(line);
  }
  return { ...block, content: content.join("\n"), next: index };
}

/** The lines that end the heredocs which begin on this line. */
function heredocEnds(line: string): string[] {
  const ends = line.matchAll(/(?<!<)<<-?[ \t]*(?:'([^']+)'|"([^"]+)"|\\?([A-Za-z_][\w.-]*))/g);
  return [...ends].map(([, single, double, bare]) => single ?? double ?? bare ?? "");
}

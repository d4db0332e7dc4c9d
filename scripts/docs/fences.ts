/** The pages of the documentation and the fenced blocks in them. */
import { globSync, readFileSync } from "node:fs";

const root = new URL("../../", import.meta.url);

/** Every page that a reader is led to, by path relative to the project. */
export function pagePaths(): string[] {
  return [
    ...globSync("*.md", { cwd: root }),
    ...globSync("docs/**/*.md", { cwd: root }),
    ...globSync("bench/*.md", { cwd: root }),
  ].toSorted();
}

export function pageText(path: string): string {
  return readFileSync(new URL(path, root), "utf8");
}

export interface Fence {
  page: string;
  /** Line of the page that the block begins on, from 1. */
  line: number;
  language: string;
  /** `file=NAME`: the file that the block is; other blocks of the page may use it. */
  file: string | undefined;
  /** `needs=WORD`: what it takes to run the block (a server, a key, Docker …); such a block is checked and not run. */
  needs: string | undefined;
  text: string;
}

/** The fenced blocks of a page, in order; ``` and ~~~ of any length, indented or not. */
export function fencesOf(page: string, markdown: string): Fence[] {
  const fences: Fence[] = [];
  let open: { mark: string; indent: number; fence: Fence } | undefined;
  for (const [index, line] of markdown.split("\n").entries()) {
    const [, indent = "", mark = "", info = ""] = /^( *)(`{3,}|~{3,})(.*)$/.exec(line) ?? [];
    if (open) {
      if (mark.startsWith(open.mark) && info.trim() === "") {
        fences.push(open.fence);
        open = undefined;
      } else {
        open.fence.text += `${line.slice(Math.min(open.indent, line.length - line.trimStart().length))}\n`;
      }
    } else if (mark !== "") {
      const [language = "", ...words] = info.trim().split(/\s+/);
      const named = Object.fromEntries(words.map((word) => word.split("=", 2)));
      open = {
        mark,
        indent: indent.length,
        fence: { page, line: index + 1, language, file: named["file"], needs: named["needs"], text: "" },
      };
    }
  }
  return fences;
}

/** A page without what is inside its fences and its code spans. */
export function proseOf(markdown: string): string {
  return markdown.replaceAll(/^( *)(`{3,}|~{3,})[^\n]*\n(?:[\s\S]*?\n)?\1\2`*~* *$/gm, "").replaceAll(/(`+)(?!`)[\s\S]*?[^`]\1(?!`)/g, "");
}

/** Links between the pages: every file exists, and every fragment is a heading of it. */
import { existsSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { pageText, proseOf } from "./fences.ts";

const root = new URL("../../", import.meta.url);

/** What is wrong with the links of a page, a line each. */
export function brokenLinks(page: string): string[] {
  return linksOf(pageText(page)).flatMap((link) => {
    const why = whyBroken(page, link);
    return why === undefined ? [] : [`${page}: the link ${link} ${why}`];
  });
}

function linksOf(markdown: string): string[] {
  const inline = [...proseOf(markdown).matchAll(/\]\(\s*<?([^)\s>]+)>?(?:\s+"[^"]*")?\s*\)/g)];
  const html = [...proseOf(markdown).matchAll(/<(?:img|a|source)\s[^>]*(?:src|href|srcset)="([^"]+)"/g)];
  const references = [...proseOf(markdown).matchAll(/^ {0,3}\[[^\]]+\]:\s*<?(\S+?)>?\s*$/gm)];
  return [...inline, ...html, ...references].map((match) => match[1] ?? "").filter((link) => !/^(?:https?|mailto):/.test(link));
}

function whyBroken(page: string, link: string): string | undefined {
  const [path = "", fragment] = link.split("#", 2);
  const target = path === "" ? page : fileURLToPath(new URL(path, new URL(page, root))).slice(fileURLToPath(root).length);
  const url = new URL(target, root);
  if (!existsSync(url)) return "leads nowhere";
  if (fragment === undefined || !target.endsWith(".md") || statSync(url).isDirectory()) return undefined;
  return headingIds(pageText(target)).has(decodeURIComponent(fragment)) ? undefined : `has no heading #${fragment}`;
}

/** Ids of a page's headings, as GitHub makes them. */
export function headingIds(markdown: string): Set<string> {
  const ids = new Set<string>();
  const withoutFences = markdown.replaceAll(/^( *)(`{3,}|~{3,})[^\n]*\n(?:[\s\S]*?\n)?\1\2`*~* *$/gm, "");
  for (const [, title = ""] of withoutFences.matchAll(/^#{1,6}\s+(.+?)\s*#*$/gm)) {
    const text = title.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, "$1").replaceAll(/[`*]/g, "");
    const id = text
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}_ -]/gu, "")
      .replaceAll(" ", "-");
    let unique = id;
    for (let n = 1; ids.has(unique); n++) unique = `${id}-${n}`;
    ids.add(unique);
  }
  return ids;
}

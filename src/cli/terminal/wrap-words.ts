import { columnsOf, wrapToColumns } from "./width.ts";

/** Breaks one line of text between words into lines of at most `columns`; a longer word is broken, too. */
export function wrapWords(text: string, columns: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(/ +/).flatMap((word) => wrapToColumns(word, columns))) {
    const longer = line === "" ? word : `${line} ${word}`;
    if (columnsOf(longer) <= columns) {
      line = longer;
      continue;
    }
    lines.push(line);
    line = word;
  }
  return [...lines, line];
}

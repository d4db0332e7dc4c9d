/** Splits a command of one text into words as compose does: quotes and backslashes count, and no shell is asked. */
const PART = /\\(?<escaped>[\s\S])|'(?<single>[^']*)'|"(?<double>(?:\\[\s\S]|[^"\\])*)"|(?<space>\s+)|(?<plain>[^\s'"\\]+)/y;

/** Undefined where a quote is not closed, or a backslash ends the text. */
export function splitWords(text: string): string[] | undefined {
  const words: string[] = [];
  let word: string | undefined;
  for (PART.lastIndex = 0; PART.lastIndex < text.length;) {
    const groups = PART.exec(text)?.groups;
    if (!groups) return undefined;
    const { escaped, single, double, space, plain } = groups;
    if (space === undefined) {
      word = (word ?? "") + (escaped ?? single ?? plain ?? double?.replaceAll(/\\(["\\$`])/g, "$1") ?? "");
      continue;
    }
    if (word !== undefined) words.push(word);
    word = undefined;
  }
  return word === undefined ? words : [...words, word];
}

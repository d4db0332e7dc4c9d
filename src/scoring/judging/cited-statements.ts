/** The statements of an answer, each with the passages that it cites in brackets: `[2]`, `[1, 3]`, `[smith2020]`. */

export interface CitedStatement {
  /** From 1, in the answer's order. */
  number: number;
  /** As it stands in the answer, citations included. */
  text: string;
  /** Each passage once. */
  cited: readonly string[];
}

const BRACKETS = /\[([^[\]\n]{1,200})\]/g;
const SAYS_SOMETHING = /[^\s\p{P}\p{S}]/u;

const sentences = new Intl.Segmenter("en", { granularity: "sentence" });

/**
 * Splits an answer into sentences, lines apart. A bracket is a citation where all in it are names of passages or whole numbers: a number
 * that names no passage is still one, of something that is not there. It belongs to the sentence whose words it stands in or after.
 */
export function citedStatements(answer: string, passages: readonly string[]): CitedStatement[] {
  const known = new Set(passages);
  return answer
    .split("\n")
    .flatMap((line) => statementsIn(line, known))
    .map((statement, index) => ({ number: index + 1, ...statement }));
}

/** A citation, and where it stood in the line without citations. */
interface Citation {
  at: number;
  written: string;
  names: string[];
}

/** Sentences are told without the citations, whose brackets would be taken for their ends. */
function statementsIn(line: string, known: ReadonlySet<string>): Omit<CitedStatement, "number">[] {
  const { plain, citations } = withoutCitations(line, known);
  const found = [...sentences.segment(plain)].filter(({ segment }) => SAYS_SOMETHING.test(segment));
  return found.map(({ index, segment }, nth) => {
    const next = found[nth + 1]?.index ?? Number.POSITIVE_INFINITY;
    const own = citations.filter(({ at }) => {
      const afterWords = plain.slice(0, at).trimEnd().length;
      return (nth === 0 || afterWords > index) && afterWords <= next;
    });
    return { text: withCitations(segment, index, own).trim(), cited: [...new Set(own.flatMap(({ names }) => names))] };
  });
}

function withoutCitations(line: string, known: ReadonlySet<string>): { plain: string; citations: Citation[] } {
  const citations: Citation[] = [];
  let plain = "";
  let end = 0;
  for (const match of line.matchAll(BRACKETS)) {
    const names = namesIn(match[1] ?? "", known);
    if (names.length === 0) continue;
    plain += line.slice(end, match.index);
    citations.push({ at: plain.length, written: match[0], names });
    end = match.index + match[0].length;
  }
  return { plain: plain + line.slice(end), citations };
}

function withCitations(sentence: string, start: number, citations: readonly Citation[]): string {
  let text = "";
  let end = 0;
  for (const { at, written } of citations) {
    text += sentence.slice(end, Math.max(end, at - start)) + written;
    end = Math.max(end, at - start);
  }
  return text + sentence.slice(end);
}

/** The names in a bracket; none where it is no citation. */
function namesIn(inner: string, known: ReadonlySet<string>): string[] {
  const whole = inner.trim();
  if (known.has(whole)) return [whole];
  const names = whole.split(/[,;]/).map((name) => name.trim());
  return names.every((name) => known.has(name) || /^\d{1,6}$/.test(name)) ? names : [];
}

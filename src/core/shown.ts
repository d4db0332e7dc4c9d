/** What a model is shown of a long text: its head and its tail, and how much was cut between them. */

export interface Shown {
  shown: string;
  /** UTF-16 units, as `length` counts them; 0 where nothing was cut. */
  cutCharacters: number;
}

// Wide enough for every emoji sequence; a longer pile of combining marks is cut anywhere.
const LONGEST_GRAPHEME = 64;

const graphemes = new Intl.Segmenter("en", { granularity: "grapheme" });
const grouped = new Intl.NumberFormat("en-US");

/** Cuts the middle out of a text longer than `maxCharacters` (UTF-16 units), between whole graphemes, and says how much. */
export function cutMiddle(text: string, maxCharacters: number): Shown {
  if (text.length <= maxCharacters) return { shown: text, cutCharacters: 0 };
  const headEnd = graphemeEdge(text, Math.ceil(maxCharacters / 2), "before");
  const tailStart = graphemeEdge(text, text.length - Math.floor(maxCharacters / 2), "after");
  const cutCharacters = tailStart - headEnd;
  return { shown: `${text.slice(0, headEnd)}${cutMarker(cutCharacters)}${text.slice(tailStart)}`, cutCharacters };
}

function cutMarker(cutCharacters: number): string {
  return `\n[… ${grouped.format(cutCharacters)} ${cutCharacters === 1 ? "character" : "characters"} cut …]\n`;
}

/** The edge of a grapheme that is nearest to `index` on the given side. */
function graphemeEdge(text: string, index: number, side: "before" | "after"): number {
  if (index <= 0 || index >= text.length) return index;
  const from = surrogateEdge(text, Math.max(0, index - LONGEST_GRAPHEME), "before");
  const window = text.slice(from, index + LONGEST_GRAPHEME);
  const at = graphemes.segment(window).containing(index - from);
  if (!at || at.index === index - from) return index;
  const edge = from + (side === "before" ? at.index : at.index + at.segment.length);
  return at.segment.length < LONGEST_GRAPHEME ? edge : surrogateEdge(text, index, side);
}

function surrogateEdge(text: string, index: number, side: "before" | "after"): number {
  const splitsPair = /^[\uDC00-\uDFFF]/.test(text.slice(index, index + 1)) && /[\uD800-\uDBFF]$/.test(text.slice(index - 1, index));
  if (!splitsPair) return index;
  return side === "before" ? index - 1 : index + 1;
}

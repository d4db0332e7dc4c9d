/** Python's rules for text and numbers, where ports of Python extractors depend on them and JavaScript's differ. */

/** What `str.split()`, `str.strip()` and `\s` take as white space, as the inside of a character class. */
export const SPACE = "\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000";

/** What `\w` takes as part of a word in a text pattern, as the inside of a character class for the `u` flag. */
export const WORD = "\\p{L}\\p{N}_";

const spaces = new RegExp(`[${SPACE}]+`, "u");
const isSpace = new RegExp(`[${SPACE}]`, "u");

/** `text.split()`: the words between runs of white space. */
export function pySplit(text: string): string[] {
  return text.split(spaces).filter((word) => word !== "");
}

/** `text.strip()`. */
export function pyStrip(text: string): string {
  return strip(text, isSpace);
}

// a loop, since a pattern anchored at the end is quadratic on long runs of white space.
function strip(text: string, space: RegExp): string {
  let start = 0;
  let end = text.length;
  while (start < end && space.test(text.charAt(start))) start += 1;
  while (end > start && space.test(text.charAt(end - 1))) end -= 1;
  return text.slice(start, end);
}

/** The 32 signs of `string.punctuation`, all ASCII: curly quotes and dashes are not among them. */
const PUNCTUATION: ReadonlySet<string> = new Set("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~");

/** Drops every sign of `string.punctuation`. */
export function removePunctuation(text: string): string {
  return [...text].filter((character) => !PUNCTUATION.has(character)).join("");
}

const ARTICLES = new RegExp(`(?<![${WORD}])(?:a|an|the)(?![${WORD}])`, "gu");

/** `re.sub(r"\b(a|an|the)\b", " ", text)`. */
export function removeArticles(text: string): string {
  return text.replaceAll(ARTICLES, " ");
}

const OTHER_SPACE = /[\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]/gu;
const DIGITS = "\\d(?:_?\\d)*";
const FLOAT = new RegExp(`^[+-]?(?:${DIGITS}(?:\\.(?:${DIGITS})?)?|\\.${DIGITS})(?:e[+-]?${DIGITS})?$`, "i");

/** `float(text)`: accepts white space around, underscores between digits, any script's digits, inf and nan; null where it raises ValueError. */
export function pyFloat(text: string): number | null {
  // CPython turns the spaces of other scripts into plain ones and then strips C's white space: \x1c is no space here.
  const plain = text.replaceAll(OTHER_SPACE, " ").replaceAll(/\p{Nd}/gu, (digit) => String(digitValue(digit)));
  const ascii = strip(plain, /[\t-\r ]/);
  const special = /^([+-]?)(?:(inf|infinity)|nan)$/i.exec(ascii);
  if (special) return special[2] === undefined ? Number.NaN : special[1] === "-" ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  return FLOAT.test(ascii) ? Number(ascii.replaceAll("_", "")) : null;
}

/** Decimal digits of every script stand in runs of ten in Unicode, each beginning with its zero. */
function digitValue(digit: string): number {
  const code = digit.codePointAt(0) ?? 0;
  let zero = code;
  while (code - zero < 9 && /\p{Nd}/u.test(String.fromCodePoint(zero - 1))) zero -= 1;
  // Runs may touch (mathematical digits); they begin at 1D7CE and are five times ten long.
  return code >= 0x1d7ce && code <= 0x1d7ff ? (code - 0x1d7ce) % 10 : code - zero;
}

/** `str(value)` of a float: "5.0", "1e+16", "nan". */
export function pyFloatText(value: number): string {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
  const [mantissa = "", exponentText = "0"] = value.toExponential().split("e");
  const exponent = Number(exponentText);
  if (value !== 0 && (exponent < -4 || exponent >= 16)) {
    return `${mantissa}e${exponent < 0 ? "-" : "+"}${String(Math.abs(exponent)).padStart(2, "0")}`;
  }
  const text = Object.is(value, -0) ? "-0" : String(value);
  return text.includes(".") ? text : `${text}.0`;
}

/** `numpy.round(value, 2)`: half to even after scaling, so .125 is .12. */
export function roundToCents(value: number): number {
  const scaled = value * 100;
  const below = Math.floor(scaled);
  const isHalf = scaled - below === 0.5;
  return (isHalf ? below + (below % 2) : Math.round(scaled)) / 100;
}

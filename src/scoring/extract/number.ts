/** The number that a free-text answer ends in: our own rule, for tasks whose answer is one number. */

/** Sign, currency, digits with or without thousands separators, decimals. A dash after a word or digit is no sign: "10-20" ends in 20. */
const NUMBER = /(?<![\p{L}\p{N}_]|\d\.)([-−–+]?)\s?\\?[$€£]?\s?([-−–]?)((?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)(?:\.\d+)?|\.\d+)/gu;

const MARKS = /####|\\boxed\s*\{|answer(?:\s+is|\s*[:=])/giu;

/** What may stand between a mark and its number: `**`, `$`, brackets, a colon. */
const BETWEEN = /^[\s*_:=~≈`"'([{$€£\\]*(?:about|approximately|exactly)?[\s*_`$€£\\]*$/iu;

/** How far after a mark its number is looked for, in characters; keeps the work linear in hostile text. */
const REACH = 300;

interface Found {
  /** Decimal notation without separators, sign first: "-1250.00". */
  text: string;
  start: number;
  end: number;
}

function numbersIn(text: string): Found[] {
  return [...text.matchAll(NUMBER)].map((match) => {
    const [whole, outer = "", inner = "", digits = ""] = match;
    const isNegative = (outer !== "" && outer !== "+") !== (inner !== "");
    return { text: (isNegative ? "-" : "") + digits.replaceAll(",", ""), start: match.index, end: match.index + whole.length };
  });
}

/** The number right after a mark; where it begins a sum, the number after the line's last equals sign. */
function numberAfterMark(line: string): string | null {
  const numbers = numbersIn(line);
  const first = numbers[0];
  if (!first || !BETWEEN.test(line.slice(0, first.start))) return null;
  if (!/^\s*[-+*/×÷^=]\s*[\d($\\]/u.test(line.slice(first.end))) return first.text;
  const equals = line.lastIndexOf("=");
  return equals < 0 ? null : (numbersIn(line.slice(equals + 1))[0]?.text ?? null);
}

/**
 * The number an answer gives: after the last explicit mark (`#### 18`, `\boxed{18}`, "answer is 18", "answer: 18"), else the last number;
 * null where there is none. Currency signs and thousands separators are dropped.
 */
export function extractNumber(text: string): string | null {
  const marked = [...text.matchAll(MARKS)].toReversed();
  for (const mark of marked) {
    const start = mark.index + mark[0].length;
    const [line = ""] = text
      .slice(start, start + REACH)
      .trimStart()
      .split("\n", 1);
    const found = numberAfterMark(line);
    if (found !== null) return found;
  }
  return numbersIn(text).at(-1)?.text ?? null;
}

/** Whether two decimal texts are the same number, compared digit by digit and so without rounding: "18.0" is "18". Null where one is no number. */
export function isSameNumber(a: string, b: string): boolean | null {
  const left = canonicalDecimal(a);
  const right = canonicalDecimal(b);
  return left === null || right === null ? null : left === right;
}

function canonicalDecimal(text: string): string | null {
  const match = /^([-−–+]?)[$€£]?(\d*)(?:\.(\d*))?$/u.exec(text.trim().replaceAll(",", ""));
  if (!match) return null;
  const [, sign = "", whole = "", decimals = ""] = match;
  if (whole + decimals === "") return null;
  const integer = whole.replace(/^0+(?=\d)/, "") || "0";
  const fraction = decimals.replace(/(?<!0)0+$/, "");
  const size = fraction === "" ? integer : `${integer}.${fraction}`;
  return sign === "" || sign === "+" || size === "0" ? size : `-${size}`;
}

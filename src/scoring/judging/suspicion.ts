/** Finds in untrusted texts what looks as if it spoke to the judge. A flag for people to look at, never a verdict: an honest text may have it, too. */
import { hasHidden, hasRoleTokens, withoutHidden } from "./neutralise.ts";

/** Every pattern takes time in proportion to the text: no repetition in it is followed by something that it could itself match. */
const ANYWHERE: Readonly<Record<string, RegExp>> = {
  "pair-verdict": /\[\[\s{0,4}(?:[a-c]|tie|\d{1,3}(?:\.\d+)?)\s{0,4}\]\]|\[RESULT\]/iu,
  "verdict-json":
    /["'](?:verdict|grade|score|rating|criteria_met|is_?correct|label|result|winner)\\?["']\s{0,4}:\s{0,4}(?:\\?["']|true|\d|\[)/iu,
  "closing-tag":
    /<\/?(?:submission|response|data|question|reference|answer|criterion|rubric|transcript|material|instructions?|system|grader|judge|user|assistant)(?:-[\w.-]{1,40})?\s{0,4}>|\[\/?(?:END|BEGIN)[\s_-](?:OF[\s_-])?(?:DATA|SUBMISSION|ANSWER|RESPONSE|TRANSCRIPT)\]|[*=#-]{3,80}\s{0,4}END\s{1,4}(?:OF\s{1,4})?(?:DATA|SUBMISSION|ANSWER|RESPONSE)/iu,
};
/** These begin where a word does. */
const AT_WORDS: Readonly<Record<string, RegExp>> = {
  "verdict-line":
    /(?:final[ _]?)?(?:grade|verdict|score|rating|judge?ment|decision)[\s*_`"'\]]{0,8}[:=][\s*_`"'$\\{[(]{0,8}(?:[a-d]\b|[ipyn]\b|\d|correct|incorrect|partial|pass|yes|tie|perfect|excellent|harmless|full)/iu,
  "ignore-instructions":
    /(?:ignore|disregard|forget|override|overrule|bypass|do not follow|don['’]t follow|stop following|instead of)[\s,]{1,4}(?:(?:all|any|every|everything|the|your|my|these|those|of|what|that|previous|prior|above|earlier|preceding|original|system|grading|foregoing)[\s,]{1,4}){0,6}(?:instructions?|prompts?|rules?|rubrics?|guidelines?|criteri(?:a|on)|directions?|context|text|messages?|you were told)/iu,
  "new-instructions":
    /(?:new|updated?|revised|real|actual|important|additional|system)[\s-]{1,4}(?:grading[\s-]{1,4}|system[\s-]{1,4})?(?:instructions?|rules?|polic(?:y|ies)|rubrics?|notes?|notices?|messages?|override|prompts?)[\s*_]{0,4}[:\]>-]/iu,
  "addresses-judge":
    /(?:(?:dear|hey|hello|hi|attention|note (?:to|for)|message (?:to|for)|to)[\s,:]{1,4}(?:the |all |any )?(?:ai |llm |model |automated )?(?:judges?|graders?|evaluators?|reviewers?|assessors?|graders?|scorers?)|you are (?:now )?(?:a |an |the )?(?:(?:lenient|generous|helpful|kind|different|new|strict|impartial)\s)?(?:judge|grader|evaluator|reviewer)|as (?:the|a|an) (?:judge|grader|evaluator))/iu,
  "demands-verdict":
    /(?:(?:please |must |should |always |just |simply |only |now )?(?:mark|grade|score|rate|judge|evaluate|assign|award|give|output|answer|reply|respond|return|say|choose|pick|accept|consider|treat)[\s:]{1,4}(?:(?:this|it|that|the|my|as|with|me|submission|answer|response|a|an|to|full|only|choice|option|verdict|be|them|only)[\s:]{1,4}){0,5}["'`*[({]{0,6}(?:correct|right|perfect|full marks|full credit|full points|maximum|top score|highest|10\b|5\b|100\b|grade\b|verdict\b|\[\[|pass\b|[ac]\b["'`*\])}.]))/iu,
  "claims-verdict":
    /(?:(?:(?:already|previously|has been|was|been|pre-?)[\s-]{1,4}){1,3}(?:graded|verified|judged|approved|validated|confirmed|marked|scored|reviewed)(?:[\s,]{1,4}(?:as|to be|by))?|(?:this|the|my) (?:submission|answer|response|solution)[\s*_]{1,4}(?:is|was|should be|must be)[\s*_]{1,4}(?:(?:fully|completely|entirely|definitely|absolutely|considered|graded|marked|judged)[\s*_]{1,4}){0,2}(?:correct|right|perfect|accurate))/iu,
  "asks-for-prompt":
    /(?:(?:reveal|repeat|print|show)[\s,]{1,4}(?:(?:me|us|your|the|all|full|hidden)[\s,]{1,4}){0,4}(?:system prompt|instructions|rubric))/iu,
};

const atWord = (...patterns: readonly RegExp[]) =>
  new RegExp(String.raw`(?<![\p{L}\p{N}_])(?:${patterns.map(({ source }) => source).join("|")})`, "iu");
/** Most texts have none of them, which one search tells. */
const ANY_AT_WORD = atWord(...Object.values(AT_WORDS));
const SPOKEN_AT_WORDS = Object.entries(AT_WORDS).map(([name, pattern]) => [name, atWord(pattern)] as const);

// oxlint-disable-next-line no-control-regex
const TERMINAL = /[\x1b\x9b\x08]/u;
const BIDI = /[\u202a-\u202e\u2066-\u2069]/u;

/**
 * Names of what was found in any of the texts, in alphabetical order; none where nothing was. Texts are also read without their hidden characters, with
 * look-alike letters as those they look like, and where they hold base64.
 */
export function suspectedInjection(texts: readonly string[]): string[] {
  return [...new Set(texts.flatMap(foundIn))].toSorted();
}

function foundIn(text: string): string[] {
  const found = spokenIn(text);
  if (TERMINAL.test(text)) found.push("terminal-codes");
  if (BIDI.test(text)) found.push("bidi-controls");
  if (hasRoleTokens(text)) found.push("role-token");
  const visible = hasHidden(text) ? withoutHidden(text) : text;
  if (visible !== text) found.push("hidden-characters");
  const plain = withoutLookAlikes(visible);
  if (plain !== text) {
    const spoken = spokenIn(plain);
    if (hasRoleTokens(plain)) spoken.push("role-token");
    if (plain !== visible && spoken.some((name) => !found.includes(name))) found.push("look-alikes");
    found.push(...spoken);
  }
  if (encodedIn(visible).some((decoded) => spokenIn(decoded).length > 0)) found.push("encoded");
  return found;
}

function spokenIn(text: string): string[] {
  const atWords = ANY_AT_WORD.test(text) ? SPOKEN_AT_WORDS : [];
  return [...Object.entries(ANYWHERE), ...atWords].filter(([, pattern]) => pattern.test(text)).map(([name]) => name);
}

/** Cyrillic and Greek letters that look like Latin ones; NFKC brings the mathematical and the wide ones home. */
const LOOK_ALIKES = new Map(
  Object.entries({
    А: "A",
    В: "B",
    С: "C",
    Е: "E",
    Н: "H",
    І: "I",
    Ј: "J",
    К: "K",
    М: "M",
    О: "O",
    Р: "P",
    Ѕ: "S",
    Т: "T",
    Х: "X",
    Ү: "Y",
    Ԍ: "G",
    а: "a",
    с: "c",
    ԁ: "d",
    е: "e",
    һ: "h",
    і: "i",
    ј: "j",
    о: "o",
    р: "p",
    ѕ: "s",
    х: "x",
    у: "y",
    ѵ: "v",
    ԛ: "q",
    ɡ: "g",
    ո: "n",
    Α: "A",
    Β: "B",
    Ε: "E",
    Ζ: "Z",
    Η: "H",
    Ι: "I",
    Κ: "K",
    Μ: "M",
    Ν: "N",
    Ο: "O",
    Ρ: "P",
    Τ: "T",
    Υ: "Y",
    Χ: "X",
    ο: "o",
    ν: "v",
    ι: "i",
    α: "a",
    "∶": ":",
    ː: ":",
    "։": ":",
  }),
);

function withoutLookAlikes(text: string): string {
  // oxlint-disable-next-line no-control-regex
  if (!/[^\0-\x7f]/.test(text)) return text;
  return text.normalize("NFKC").replaceAll(/[^\0-\x7f]/gu, (character) => LOOK_ALIKES.get(character) ?? character);
}

/** From the first character of a run on: within a shorter one, a match need not be tried at each. */
const BASE64 = /(?<![A-Za-z0-9+/])[A-Za-z0-9+/]{16,}={0,2}/g;
/** What of a text is decoded at most: a data set of images is no message to a judge. */
const MOST_ENCODED = { pieces: 50, characters: 4096 };

function encodedIn(text: string): string[] {
  const pieces: string[] = [];
  for (const [piece] of text.matchAll(BASE64)) {
    if (pieces.length === MOST_ENCODED.pieces) break;
    pieces.push(Buffer.from(piece.slice(0, MOST_ENCODED.characters), "base64").toString("utf8"));
  }
  return pieces;
}

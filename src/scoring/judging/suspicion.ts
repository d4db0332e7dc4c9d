/** Finds in untrusted texts what looks as if it spoke to the judge. A flag for people to look at, never a verdict: an honest text may have it, too. */
import { hasRoleTokens, withoutHidden } from "./neutralise.ts";
import { speechesIn } from "./speeches.ts";

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
  const found = speechesIn(text);
  if (TERMINAL.test(text)) found.push("terminal-codes");
  if (BIDI.test(text)) found.push("bidi-controls");
  if (hasRoleTokens(text)) found.push("role-token");
  const visible = withoutHidden(text);
  if (visible !== text.replaceAll("\r\n", "\n")) found.push("hidden-characters");
  const plain = withoutLookAlikes(visible);
  if (plain !== text) {
    const spoken = speechesIn(plain);
    if (hasRoleTokens(plain)) spoken.push("role-token");
    if (plain !== visible && spoken.some((name) => !found.includes(name))) found.push("look-alikes");
    found.push(...spoken);
  }
  if (encodedIn(visible).some((decoded) => speechesIn(decoded).length > 0)) found.push("encoded");
  return found;
}

/** Letters of other scripts that look like Latin ones, each above the one it looks like; NFKC brings the mathematical and the wide ones home. */
const LOOKS_LIKE = {
  letters: "АВСЕНІЈКМОРЅТХҮԌасԁеһіјорѕхуѵԛɡոΑΒΕΖΗΙΚΜΝΟΡΤΥΧονια∶ː։",
  latin: "ABCEHIJKMOPSTXYGacdehijopsxyvqgnABEZHIKMNOPTYXovia:::",
};
const LATIN = new Map([...LOOKS_LIKE.letters].map((letter, index) => [letter, LOOKS_LIKE.latin.charAt(index)]));

function withoutLookAlikes(text: string): string {
  // oxlint-disable-next-line no-control-regex
  if (!/[^\0-\x7f]/.test(text)) return text;
  return text.normalize("NFKC").replaceAll(/[^\0-\x7f]/gu, (character) => LATIN.get(character) ?? character);
}

/** What of a text is decoded at most: a data set of images is no message to a judge. */
const MOST_ENCODED = { pieces: 50, characters: 4096 };
const SHORTEST_ENCODED = 16;

function encodedIn(text: string): string[] {
  const pieces = text.split(/[^A-Za-z0-9+/]+/).filter(({ length }) => length >= SHORTEST_ENCODED);
  return pieces
    .slice(0, MOST_ENCODED.pieces)
    .map((piece) => Buffer.from(piece.slice(0, MOST_ENCODED.characters), "base64").toString("utf8"));
}

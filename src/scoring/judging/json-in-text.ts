/** Finds a JSON object in a text that may hold others: such as were quoted, broken, or broken off. */
import { jsonOrUndefined } from "../../core/json.ts";

/** The JSON object that a text is; undefined where it is something else. */
export function objectIn(text: string): Record<string, unknown> | undefined {
  if (!text.startsWith("{")) return undefined;
  const value = jsonOrUndefined(text);
  return typeof value === "object" && value !== null ? { ...value } : undefined;
}

/** The text in a fence around the whole, be it closed or not; otherwise the text. */
export function withoutFence(text: string): string {
  const opening = /^```[a-z]{0,10}[ \t]*\n/iu.exec(text)?.[0];
  return opening === undefined ? text : text.slice(opening.length, text.endsWith("```") ? -3 : undefined).trim();
}

/** Where `"key":` last stands. In an object's strings the quotes of such a text are escaped. */
export function lastKey(text: string, key: string): number | undefined {
  const escaped = JSON.stringify(key).replaceAll(/[.*+?^${}()|[\]\\/]/g, String.raw`\$&`);
  return [...text.matchAll(new RegExp(`(?<!\\\\)${escaped}\\s{0,20}:`, "gu"))].at(-1)?.index;
}

/** Braces that are tried as an object's beginning: a text may be full of them. */
const MOST_BRACES = 32;

/** The innermost object around a place that has a key of its own. */
export function objectAround(text: string, place: number, key: string): { value: Record<string, unknown>; end: number } | undefined {
  for (const start of beginnings(text)
    .filter((index) => index < place)
    .slice(-MOST_BRACES)
    .toReversed()) {
    const { end } = scanObject(text, start);
    const value = end > place ? objectIn(text.slice(start, end)) : undefined;
    if (value && Object.hasOwn(value, key)) return { value, end };
  }
  return undefined;
}

/** Whether the last object in a text ends in the middle of a string. */
export function breaksOff(text: string): boolean {
  const start = beginnings(text).at(-1);
  return start !== undefined && scanObject(text, start).isInString;
}

function beginnings(text: string): number[] {
  return [...text.matchAll(/\{\s{0,20}"/gu)].map(({ index }) => index);
}

/** Behind the brace that closes the one at `start`, braces in strings apart; -1 where it stays open, be it within a string. */
function scanObject(text: string, start: number): { end: number; isInString: boolean } {
  let depth = 0;
  let isInString = false;
  for (let index = start; index < text.length; index += 1) {
    const character = text[index];
    if (isInString) {
      if (character === "\\") index += 1;
      else if (character === '"') isInString = false;
    } else if (character === '"') isInString = true;
    else if (character === "{") depth += 1;
    else if (character === "}" && --depth === 0) return { end: index + 1, isInString };
  }
  return { end: -1, isInString };
}

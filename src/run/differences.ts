/** Where two plain values differ, as lines a person can read. */
import type { Json } from "../core/json.ts";

/** `path: before → after` for every leaf that differs; `path` is made of the keys that lead to it. */
export function differencesOf(before: Json | undefined, after: Json | undefined, path = ""): string[] {
  if (isObject(before) && isObject(after)) {
    const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])].toSorted();
    return keys.flatMap((key) => differencesOf(before[key], after[key], path === "" ? key : `${path}.${key}`));
  }
  const [old, now] = [shown(before), shown(after)];
  return old === now ? [] : [`${path}: ${old} → ${now}`];
}

function isObject(value: Json | undefined): value is { [key: string]: Json } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function shown(value: Json | undefined): string {
  const text = value === undefined ? "nothing" : JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

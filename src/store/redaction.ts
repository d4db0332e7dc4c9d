/**
 * Takes secrets out of everything that is stored, in plain text and in JSON-escaped form.
 * A line without a secret costs one search per secret; only a hit is taken apart.
 */
import type { Json } from "../core/json.ts";
import { SHORTEST_SECRET } from "../core/secrets.ts";

const MARK = "[redacted]";
/** A secret in a tool call's arguments (JSON) in a request's body (JSON) in an event (JSON) is escaped three times. */
const ESCAPE_LEVELS = 3;

interface Redacted<T> {
  value: T;
  count: number;
}

export interface Redactor {
  text(text: string): Redacted<string>;
  bytes(bytes: Uint8Array): Redacted<Uint8Array>;
  /** Serialises `value` as JSON on one line. `idKeys` are top-level keys that name things and stay as they are. */
  json(value: Readonly<Record<string, unknown>>, idKeys: ReadonlySet<string>): Redacted<string>;
}

function escaped(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

/** Some writers of JSON escape everything beyond ASCII. */
function asciiEscaped(text: string): string {
  return escaped(text).replaceAll(/[\u0080-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

function formsOf(secret: string, levels: number): string[] {
  const forms = [secret];
  let plain = secret;
  let ascii = secret;
  for (let level = 0; level < levels; level += 1) {
    plain = escaped(plain);
    ascii = asciiEscaped(ascii);
    forms.push(plain, ascii);
  }
  return forms;
}

function longestFirst(forms: Iterable<string>): string[] {
  return [...new Set(forms)].sort((a, b) => b.length - a.length);
}

function patternOf(forms: readonly string[]): RegExp {
  const literals = forms.map((form) => form.replaceAll(/[\\^$.*+?()[\]{}|]/g, "\\$&"));
  return new RegExp(literals.join("|"), "g");
}

/** A redactor for these values; values shorter than {@link SHORTEST_SECRET} are left alone. */
export function createRedactor(secrets: readonly string[]): Redactor {
  const values = secrets.filter((secret) => secret.length >= SHORTEST_SECRET && !MARK.includes(secret));
  const valueForms = longestFirst(values.flatMap((secret) => formsOf(secret, ESCAPE_LEVELS)));
  const lineForms = longestFirst(values.flatMap((secret) => formsOf(secret, ESCAPE_LEVELS + 1)));
  const byteForms = valueForms.map((form) => Buffer.from(form));
  const pattern = patternOf(valueForms);

  function text(input: string): Redacted<string> {
    if (!valueForms.some((form) => input.includes(form))) return { value: input, count: 0 };
    let count = 0;
    const value = input.replaceAll(pattern, () => {
      count += 1;
      return MARK;
    });
    return { value, count };
  }

  function bytes(input: Uint8Array): Redacted<Uint8Array> {
    const buffer = Buffer.from(input.buffer, input.byteOffset, input.byteLength);
    if (!byteForms.some((form) => buffer.includes(form))) return { value: input, count: 0 };
    // latin1 keeps each byte as one character, so that a search for text finds bytes.
    const latin = patternOf(byteForms.map((form) => form.toString("latin1")));
    let count = 0;
    const value = buffer.toString("latin1").replaceAll(latin, () => {
      count += 1;
      return MARK;
    });
    return { value: Buffer.from(value, "latin1"), count };
  }

  function json(value: Readonly<Record<string, unknown>>, idKeys: ReadonlySet<string>): Redacted<string> {
    const line = JSON.stringify(value);
    if (!lineForms.some((form) => line.includes(form))) return { value: line, count: 0 };
    const plain = JSON.parse(line) as Record<string, Json>;
    const walk = createWalk(text);
    const clean = Object.fromEntries(Object.entries(plain).map(([key, item]) => [key, idKeys.has(key) ? item : walk.value(item)]));
    return { value: JSON.stringify(clean), count: walk.count() };
  }

  return { text, bytes, json };
}

function createWalk(text: (input: string) => Redacted<string>) {
  let total = 0;
  function string(input: string): string {
    const { value, count } = text(input);
    total += count;
    return value;
  }
  function walk(value: Json): Json {
    if (typeof value === "string") return string(value);
    if (Array.isArray(value)) return value.map(walk);
    if (typeof value === "number") return numeric(value);
    if (value === null || typeof value !== "object") return value;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [string(key), walk(item)]));
  }
  // a secret of digits only may come as a number.
  function numeric(value: number): Json {
    const written = JSON.stringify(value);
    const clean = string(written);
    return clean === written ? value : clean;
  }
  return { value: walk, count: () => total };
}

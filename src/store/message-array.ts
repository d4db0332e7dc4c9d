/**
 * Finds the array of messages in the JSON text of a request body and where each message's own text is.
 * Nothing is parsed or written anew: the pieces are slices of the text, and together they are the text.
 */

/** Where providers keep the conversation: OpenAI and Anthropic chat, Google, OpenAI responses. */
const MESSAGE_KEYS = new Set(['"messages"', '"contents"', '"input"']);

/** Positions in the text: elements are [starts[i], ends[i]), commas lie between; `open` follows the `[`, `close` is the `]`. */
export interface MessageArray {
  open: number;
  close: number;
  starts: number[];
  ends: number[];
}

const QUOTE = 34,
  COMMA = 44,
  COLON = 58,
  OPEN_ARRAY = 91,
  BACKSLASH = 92,
  CLOSE_ARRAY = 93,
  OPEN_OBJECT = 123,
  CLOSE_OBJECT = 125;

/** The position after the string that begins at `start`; -1 where it never ends. */
function afterString(text: string, start: number): number {
  for (let quote = text.indexOf('"', start + 1); quote !== -1; quote = text.indexOf('"', quote + 1)) {
    let slashes = 0;
    while (text.charCodeAt(quote - 1 - slashes) === BACKSLASH) slashes += 1;
    if (slashes % 2 === 0) return quote + 1;
  }
  return -1;
}

function afterSpace(text: string, start: number): number {
  let position = start;
  while (position < text.length && text.charCodeAt(position) <= 32) position += 1;
  return position;
}

/** The position after the `[` of the top-level array of messages; -1 where there is none. */
function findOpen(text: string): number {
  let depth = 0;
  for (let position = 0; position < text.length; position += 1) {
    const code = text.charCodeAt(position);
    if (code === QUOTE) {
      const end = afterString(text, position);
      if (end === -1) return -1;
      const colon = afterSpace(text, end);
      if (depth === 1 && text.charCodeAt(colon) === COLON && MESSAGE_KEYS.has(text.slice(position, end))) {
        const value = afterSpace(text, colon + 1);
        if (text.charCodeAt(value) === OPEN_ARRAY) return value + 1;
      }
      position = end - 1;
    } else if (code === OPEN_OBJECT || code === OPEN_ARRAY) depth += 1;
    else if (code === CLOSE_OBJECT || code === CLOSE_ARRAY) depth -= 1;
  }
  return -1;
}

/** Goes on from `from`, which is the start of an element, to the array's end; undefined where it has none. */
function readElements(text: string, array: MessageArray, from: number): MessageArray | undefined {
  let depth = 0;
  let start = from;
  for (let position = from; position < text.length; position += 1) {
    const code = text.charCodeAt(position);
    if (code === QUOTE) {
      const end = afterString(text, position);
      if (end === -1) return undefined;
      position = end - 1;
    } else if (code === OPEN_OBJECT || code === OPEN_ARRAY) depth += 1;
    else if (depth > 0 && (code === CLOSE_OBJECT || code === CLOSE_ARRAY)) depth -= 1;
    else if (depth === 0 && (code === COMMA || code === CLOSE_ARRAY)) {
      array.starts.push(start);
      array.ends.push(position);
      start = position + 1;
      if (code === CLOSE_ARRAY) return { ...array, close: position };
    }
  }
  return undefined;
}

/** Finds the messages of `text`; undefined where it has no such array or an empty one. */
export function findMessages(text: string): MessageArray | undefined {
  const open = findOpen(text);
  if (open === -1 || text.charCodeAt(afterSpace(text, open)) === CLOSE_ARRAY) return undefined;
  return readElements(text, { open, close: -1, starts: [], ends: [] }, open);
}

/**
 * The same for a body that continues `earlier`: what both have in common up to a message's end is not read again.
 * @returns the messages and how many of `earlier` they begin with.
 */
export function continueMessages(
  text: string,
  earlier: { text: string; array: MessageArray },
): { array: MessageArray; kept: number } | undefined {
  const { open, starts, ends } = earlier.array;
  const kept = starts.length;
  const end = ends[kept - 1] ?? open;
  const next = text.charCodeAt(end);
  if ((next !== COMMA && next !== CLOSE_ARRAY) || !text.startsWith(earlier.text.slice(0, end))) return undefined;
  if (next === CLOSE_ARRAY) return { array: { ...earlier.array, close: end }, kept };
  const array = readElements(text, { open, close: -1, starts: [...starts], ends: [...ends] }, end + 1);
  return array && { array, kept };
}

import { Readable } from "node:stream";
import fc from "fast-check";
import { expect, test } from "vitest";
import { jsonElements } from "../../../../sandboxes/container/snapshot/json-elements.ts";

const MAX_BYTES = 10_000;

function inPieces(text: string | Uint8Array, pieceBytes: number): Readable {
  const whole = Buffer.from(text);
  const pieces = function* (): Generator<Uint8Array> {
    for (let from = 0; from < whole.length; from += pieceBytes) yield whole.subarray(from, from + pieceBytes);
  };
  return Readable.from(pieces());
}

const elementsOf = (text: string | Uint8Array, pieceBytes = 7): Promise<unknown[]> =>
  Array.fromAsync(jsonElements(inPieces(text, pieceBytes), MAX_BYTES));

/** Arrays of any values, with and without blanks between them. */
const anyArray = fc
  .tuple(fc.array(fc.jsonValue()), fc.constantFrom(undefined, 1, "\t"), fc.constantFrom("", " ", "\r\n\t"))
  .map(([values, indent, around]) => around + JSON.stringify(values, undefined, indent) + around);

test("any JSON array gives what JSON.parse gives, however its bytes come in pieces", async () => {
  await fc.assert(
    fc.asyncProperty(anyArray, fc.integer({ min: 1, max: 50 }), async (text, pieceBytes) => {
      expect(await elementsOf(text, pieceBytes)).toEqual(JSON.parse(text));
    }),
  );
  expect(await elementsOf(" null\n")).toEqual([]);
});

test("what JSON.parse takes for no array is refused: changed by a byte, cut short, or something else", async () => {
  const parsed = (bytes: Uint8Array): unknown => {
    try {
      return JSON.parse(Buffer.from(bytes).toString());
    } catch {
      return undefined;
    }
  };
  const odd = fc.constantFrom(...Buffer.from('[]{},:"\\n 1')).chain((byte) =>
    fc.tuple(anyArray, fc.nat(), fc.constantFrom("replace", "cut")).map(([text, at, how]) => {
      const bytes = Buffer.from(text);
      if (how === "cut") return bytes.subarray(0, at % bytes.length);
      bytes[at % bytes.length] = byte;
      return bytes;
    }),
  );
  await fc.assert(
    fc.asyncProperty(odd, async (bytes) => {
      const value = parsed(bytes);
      if (Array.isArray(value)) expect(await elementsOf(bytes)).toEqual(value);
      else if (value !== null) await expect(elementsOf(bytes), `${bytes}`).rejects.toThrow(/JSON/);
    }),
    { numRuns: 1000 },
  );
  for (const text of ["{}", '{"a":[1]}', "1", "[1}", "[1]]", "[1][2]", "[1,]", "[,1]", "x[1]", "[1]x", ""]) {
    await expect(elementsOf(text), `${text}`).rejects.toThrow(/JSON/);
  }
});

test("an element that is too long is refused before it has come whole", async () => {
  let sent = 0;
  const endless = async function* (): AsyncGenerator<Uint8Array> {
    yield Buffer.from('["');
    for (;;) {
      sent += 1000;
      yield Buffer.alloc(1000, "a");
    }
  };
  await expect(Array.fromAsync(jsonElements(endless(), MAX_BYTES))).rejects.toThrow("10000 bytes");
  expect(sent).toBeLessThanOrEqual(MAX_BYTES + 1000);
});

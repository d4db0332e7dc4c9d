import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MarkScanner, newMark } from "../../../../sandboxes/container/commands/mark.ts";
import { demultiplexer, OutputCollector, type StreamName } from "../../../../sandboxes/container/commands/stream.ts";

/** A frame as the Engine's documentation describes it. */
function frame(stream: StreamName, payload: Uint8Array): Buffer {
  const header = Buffer.from([stream === "stderr" ? 2 : 1, 0, 0, 0, 0, 0, 0, 0]);
  header.writeUInt32BE(payload.length, 4);
  return Buffer.concat([header, payload]);
}

/** Cuts bytes at the given places. */
function pieces(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).toSorted((a, b) => a - b), bytes.length];
  return places.slice(1).map((to, index) => bytes.subarray(places[index], to));
}

const cutPlaces = fc.array(fc.nat(), { maxLength: 12 });

describe("the Engine's multiplexed stream", () => {
  it("comes apart into both streams wherever it is cut", () => {
    const frames = fc.array(fc.tuple(fc.constantFrom<StreamName>("stdout", "stderr"), fc.uint8Array({ maxLength: 20 })), { maxLength: 10 });
    fc.assert(
      fc.property(frames, cutPlaces, (given, cuts) => {
        const seen: Record<StreamName, Buffer[]> = { stdout: [], stderr: [] };
        const feed = demultiplexer((stream, bytes) => seen[stream].push(bytes));
        for (const piece of pieces(Buffer.concat(given.map(([stream, payload]) => frame(stream, payload))), cuts)) feed(piece);
        for (const name of ["stdout", "stderr"] as const) {
          const expected = Buffer.concat(given.filter(([stream]) => stream === name).map(([, payload]) => payload));
          expect(Buffer.concat(seen[name])).toEqual(expected);
        }
      }),
    );
  });
});

describe("an output collector", () => {
  it("keeps what fits of both streams together and counts the rest", () => {
    const parts = fc.array(fc.tuple(fc.constantFrom<StreamName>("stdout", "stderr"), fc.uint8Array({ maxLength: 30 })));
    fc.assert(
      fc.property(parts, fc.nat(200), (given, maxBytes) => {
        const output = new OutputCollector(maxBytes);
        for (const [stream, bytes] of given) output.add(stream, bytes);
        const result = output.result();
        const totalBytes = given.reduce((sum, [, bytes]) => sum + bytes.length, 0);
        expect(result.stdout.length + result.stderr.length).toBe(Math.min(totalBytes, maxBytes));
        expect(result.droppedBytes).toBe(Math.max(0, totalBytes - maxBytes));
        expect(result.truncated).toBe(totalBytes > maxBytes);
      }),
    );
  });
});

describe("a mark scanner", () => {
  // A short mark of few letters, so that beginnings of it occur in the output all the time.
  const mark = "aabaab";
  const output = fc
    .string({ unit: fc.constantFrom("a", "b", "\n"), maxLength: 60 })
    .filter((text) => !`${text}${mark.slice(0, -1)}`.includes(mark));

  it("passes on all that precedes the mark and tells the status, wherever the stream is cut", async () => {
    await fc.assert(
      fc.asyncProperty(output, fc.integer({ min: 0, max: 255 }), cutPlaces, async (text, status, cuts) => {
        const scanner = new MarkScanner();
        const seen: Buffer[] = [];
        const found = scanner.find(mark, (bytes) => seen.push(bytes));
        for (const piece of pieces(Buffer.from(`${text}${mark}${status}\n`), cuts)) scanner.push(piece);
        expect(await found).toBe(String(status));
        expect(Buffer.concat(seen).toString()).toBe(text);
      }),
    );
  });

  it("gives what came between two marks to the second, and on a flush what was held back", async () => {
    const scanner = new MarkScanner();
    const seen: string[] = [];
    const first = scanner.find("mark-1", (bytes) => seen.push(`1:${bytes.toString()}`));
    scanner.push(Buffer.from("one mark-17\n early"));
    scanner.push(Buffer.from(" and late"));
    expect(await first).toBe("7");
    void scanner.find("mark-2", (bytes) => seen.push(`2:${bytes.toString()}`));
    scanner.push(Buffer.from("mark-"));
    scanner.flush();
    expect(seen).toEqual(["1:one ", "2: early", "2: and late", "2:mark-"]);
  });

  it("lets a session's mark through at once, whatever its status, when its stream is scanned for another mark", async () => {
    for (let status = 0; status < 256; status += 1) {
      const inner = new MarkScanner();
      const outer = new MarkScanner();
      const mark = newMark();
      void outer.find(newMark(), (bytes) => inner.push(bytes));
      const found = inner.find(mark, () => {});
      outer.push(Buffer.from(`output${mark}${status}\n`));
      expect(await Promise.race([found, Promise.resolve("held back")])).toBe(String(status));
    }
  });
});

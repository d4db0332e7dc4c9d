import fc from "fast-check";
import { expect, test } from "vitest";
import { logTail } from "../../../../sandboxes/container/services/log-tail.ts";

test("of what was printed the end is kept, apart by stream, and the rest is counted", () => {
  const piece = fc.record({ stream: fc.constantFrom("stdout" as const, "stderr" as const), text: fc.stringMatching(/^[ab]{0,9}$/) });
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 60 }), fc.integer({ min: 1, max: 40 }), (pieces, maxBytes) => {
      const log = logTail(maxBytes);
      for (const { stream, text } of pieces) log.add(stream, Buffer.from(text));
      const bytes = pieces.flatMap(({ stream, text }) => [...text].map((letter) => ({ stream, letter })));
      const kept = bytes.slice(-maxBytes);
      const of = (name: string): string =>
        kept
          .filter(({ stream }) => stream === name)
          .map(({ letter }) => letter)
          .join("");
      const { stdout, stderr, droppedBytes } = log.read();
      expect([Buffer.from(stdout).toString(), Buffer.from(stderr).toString()]).toEqual([of("stdout"), of("stderr")]);
      expect(droppedBytes).toBe(bytes.length - kept.length);
    }),
  );
});

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

test("a service that goes from one stream to the other at every byte costs little, and its last bytes are kept", () => {
  const log = logTail(1024 * 1024);
  const startedAt = performance.now();
  for (let index = 0; index < 200_000; index += 1) log.add(index % 2 === 0 ? "stdout" : "stderr", Buffer.from(String(index % 10)));
  expect(performance.now() - startedAt).toBeLessThan(10_000);
  const { stdout, stderr, droppedBytes } = log.read();
  expect(stdout.length + stderr.length + droppedBytes).toBe(200_000);
  expect(Buffer.from(stdout).toString()).toMatch(/02468$/);
  expect(Buffer.from(stderr).toString()).toMatch(/13579$/);
});

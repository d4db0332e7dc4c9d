import * as fc from "fast-check";
import { expect, test } from "vitest";
import { backoffMs, retryAfterMs } from "../../src/models/retry-after.ts";

const now = new Date("2026-01-02T03:04:05Z");

test.each([
  [{ "retry-after": "2" }, 2000],
  [{ "retry-after": " 1.5 " }, 1500],
  [{ "retry-after": "0" }, 0],
  [{ "retry-after-ms": "120", "retry-after": "9" }, 120],
  [{ "retry-after": "Fri, 02 Jan 2026 03:04:15 GMT" }, 10_000],
  [{ "retry-after": "Fri, 02 Jan 2026 03:00:00 GMT" }, 0],
  [{ "retry-after": "-5" }, undefined],
  [{ "retry-after": "soon" }, undefined],
  [{ "retry-after": "" }, undefined],
  [{}, undefined],
])("%j asks for %s ms", (headers, expected) => {
  expect(retryAfterMs(headers, now)).toBe(expected);
});

test("whatever a server writes, a wait is a finite number of milliseconds or nothing", () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (value, milliseconds) => {
      const wait = retryAfterMs({ "retry-after": value, "retry-after-ms": milliseconds }, now);
      expect(wait === undefined || (wait >= 0 && !Number.isNaN(wait))).toBe(true);
    }),
  );
});

test("any date in the future is as far away as it says, to the second", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 10 ** 8 }), (seconds) => {
      expect(retryAfterMs({ "retry-after": new Date(now.getTime() + seconds * 1000).toUTCString() }, now)).toBe(seconds * 1000);
    }),
  );
});

test("the backoff is anywhere between nothing and a doubling bound of at most a minute", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2000 }), fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (retry, random) => {
      const wait = backoffMs(retry, random);
      expect(wait).toBeGreaterThanOrEqual(0);
      expect(wait).toBeLessThanOrEqual(Math.min(60_000, 1000 * 2 ** retry));
    }),
  );
});

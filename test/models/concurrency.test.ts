import * as fc from "fast-check";
import { expect, test } from "vitest";
import { ConcurrencyLimiter, type Slot } from "../../src/models/concurrency.ts";

const never = new AbortController().signal;

/** Serves calls that are all waiting already, `at` each one's end. */
function saturate(limiter: ConcurrencyLimiter, calls: number, at: (slot: Slot, n: number) => void) {
  const held: Slot[] = [];
  for (let n = 0; n < calls; n++) {
    for (let slot = limiter.tryAcquire(); slot; slot = limiter.tryAcquire()) held.push(slot);
    const slot = held.shift();
    if (!slot) throw new Error("no slot");
    at(slot, n);
    limiter.release();
  }
}

test("it doubles while saturated, up to 64", () => {
  const limiter = new ConcurrencyLimiter();
  saturate(limiter, 500, () => limiter.succeeded());
  expect(limiter.history.map(({ limit, reason }) => [limit, reason])).toEqual([
    [8, "start"],
    [16, "all 8 slots in use and answered"],
    [32, "all 16 slots in use and answered"],
    [64, "all 32 slots in use and answered"],
  ]);
});

test("it does not grow while slots are free", () => {
  const limiter = new ConcurrencyLimiter();
  for (let n = 0; n < 100; n++) {
    limiter.tryAcquire();
    limiter.succeeded();
    limiter.release();
  }
  expect(limiter.state.limit).toBe(8);
});

test("a burst of rate limits halves it once, and it then grows by one", () => {
  const limiter = new ConcurrencyLimiter();
  saturate(limiter, 8, (slot, n) => (n < 3 ? limiter.rateLimited(slot, 429) : undefined));
  expect(limiter.state.limit).toBe(4);
  const later = limiter.history.length;
  saturate(limiter, 12, () => limiter.succeeded());
  expect(limiter.history.slice(later).map(({ limit }) => limit)).toEqual([5, 6]);
});

test("it never falls below one, and a fixed one never changes", () => {
  const limiter = new ConcurrencyLimiter();
  const fixed = new ConcurrencyLimiter(5);
  for (let n = 0; n < 10; n++)
    for (const each of [limiter, fixed]) {
      const slot = each.tryAcquire();
      if (slot) each.rateLimited(slot, 429);
      each.release();
    }
  expect([limiter.state.limit, fixed.state.limit]).toEqual([1, 5]);
});

test("it never hands out more than it ever allowed, in order, and serves everybody who does not leave", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.record({
          outcome: fc.constantFrom("success", "limited", "failed"),
          leaves: fc.boolean(),
          ticks: fc.integer({ min: 0, max: 4 }),
        }),
        { maxLength: 120 },
      ),
      async (calls) => {
        const limiter = new ConcurrencyLimiter();
        const served: number[] = [];
        let left = 0;
        await Promise.all(
          calls.map(async ({ outcome, leaves, ticks }, n) => {
            const controller = new AbortController();
            const waiting = limiter.acquire(leaves ? controller.signal : never);
            if (leaves) controller.abort(new Error("left"));
            const slot = await waiting.catch(() => undefined);
            if (!slot) return void left++;
            served.push(n);
            expect(limiter.state.active).toBeLessThanOrEqual(Math.max(...limiter.history.map(({ limit }) => limit)));
            for (let tick = 0; tick < ticks; tick++) await Promise.resolve();
            if (outcome === "success") limiter.succeeded();
            if (outcome === "limited") limiter.rateLimited(slot, 429);
            limiter.release();
          }),
        );
        expect(served).toEqual(served.toSorted((a, b) => a - b));
        expect([served.length + left, limiter.state.active, limiter.state.waiting]).toEqual([calls.length, 0, 0]);
      },
    ),
  );
});

test("with a fixed limit there are never more at once than it", async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 6 }), fc.array(fc.integer({ min: 0, max: 5 }), { maxLength: 60 }), async (limit, calls) => {
      const limiter = new ConcurrencyLimiter(limit);
      let active = 0;
      let most = 0;
      await Promise.all(
        calls.map(async (ticks) => {
          await limiter.acquire(never);
          most = Math.max(most, ++active);
          for (let tick = 0; tick < ticks; tick++) await Promise.resolve();
          active--;
          limiter.release();
        }),
      );
      expect(most).toBeLessThanOrEqual(limit);
      expect(active).toBe(0);
    }),
  );
});

import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { lookUpsBy } from "../../../../sandboxes/container/allow-list/resolve.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const { signal } = new AbortController();

/** Names that are answered by hand. */
function machine() {
  const asked: string[] = [];
  const { promise, resolve: answer } = Promise.withResolvers<string[]>();
  const lookUp = lookUpsBy((name) => {
    asked.push(name);
    return promise;
  });
  return { asked, answer, lookUp };
}

test("a name that nobody answers is given up after ten seconds, and holds its sandbox's place until it is over", async () => {
  const { asked, answer, lookUp } = machine();
  const late = Promise.allSettled([lookUp("dead.example.org", signal), lookUp("behind.example.org", signal)]);
  await vi.advanceTimersByTimeAsync(10_000);
  expect((await late).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  const next = lookUp("next.example.org", signal);
  await vi.advanceTimersByTimeAsync(100);
  expect(asked).toEqual(["dead.example.org"]);
  answer(["192.0.2.1"]);
  expect(await next).toEqual(["192.0.2.1"]);
  expect(asked).toEqual(["dead.example.org", "next.example.org"]);
});

test("one sandbox's names do not hold up another's", async () => {
  const slow = machine();
  const quick = machine();
  const waits = Promise.allSettled([slow.lookUp("dead.example.org", signal)]);
  quick.answer(["192.0.2.1"]);
  expect(await quick.lookUp("example.org", signal)).toEqual(["192.0.2.1"]);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(await waits).toMatchObject([{ status: "rejected" }]);
});

import { expect, it } from "vitest";
import { createLimiter } from "../../../sandboxes/modal/create-limiter.ts";

const noRoom = (): Error => Object.assign(new Error("no room"), { name: "ClientError", code: 8 });

it("lets a burst through at once, and the others one after another", async () => {
  const limited = createLimiter({ perSecond: 20, burst: 3, patienceMs: 1_000 });
  const startedAt = performance.now();
  const at = await Promise.all(Array.from({ length: 6 }, () => limited(async () => performance.now() - startedAt)));
  expect(at.filter((ms) => ms < 40)).toHaveLength(3);
  expect(at[5]).toBeGreaterThanOrEqual(140);
});

it("tries again while there is no room, and tells once that it waits", async () => {
  const limited = createLimiter({ perSecond: 1_000, burst: 10, patienceMs: 60_000 });
  let calls = 0;
  let waits = 0;
  const create = async (): Promise<string> => {
    calls += 1;
    if (calls < 3) throw noRoom();
    return "created";
  };
  expect(await limited(create, { onWait: () => void (waits += 1) })).toBe("created");
  expect([calls, waits]).toEqual([3, 1]);
});

it("throws what was thrown last when its patience is over, and any other failure at once", async () => {
  const limited = createLimiter({ perSecond: 1_000, burst: 10, patienceMs: 100 });
  await expect(limited(() => Promise.reject(noRoom()))).rejects.toThrow("no room");
  await expect(limited(() => Promise.reject(new Error("broken")))).rejects.toThrow("broken");
});

it("stops waiting when it is aborted", async () => {
  const limited = createLimiter({ perSecond: 1_000, burst: 10, patienceMs: 60_000 });
  const signal = AbortSignal.timeout(100);
  await expect(limited(() => Promise.reject(noRoom()), { signal })).rejects.toThrow("timeout");
});

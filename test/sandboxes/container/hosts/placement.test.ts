import fc from "fast-check";
import { expect, test } from "vitest";
import { roomFor, roomiest, type Room } from "../../../../sandboxes/container/hosts/placement.ts";

const resources = fc.record({ cpus: fc.integer({ min: 1, max: 256 }), memoryMiB: fc.integer({ min: 64, max: 1_000_000 }) });
const hosts = fc.array(fc.record({ total: resources, promised: resources }), { minLength: 1, maxLength: 6 });

test("no host has more room for a sandbox than the one that it is given", () => {
  fc.assert(
    fc.property(hosts, resources, (some, wanted) => {
      const chosen = roomiest(some, wanted);
      if (!chosen) throw new Error("none was chosen");
      for (const host of some) expect(roomFor(wanted, host)).toBeLessThanOrEqual(roomFor(wanted, chosen));
    }),
  );
});

test("sandboxes are spread by what hosts have: twice as many go where twice as much is", () => {
  const host = (cpus: number): Room & { taken: number } => ({
    total: { cpus, memoryMiB: cpus * 2048 },
    promised: { cpus: 0, memoryMiB: 0 },
    taken: 0,
  });
  const [small, large] = [host(8), host(16)];
  for (let index = 0; index < 12; index += 1) {
    const chosen = roomiest([small, large], { cpus: 2, memoryMiB: 2048 });
    if (!chosen) throw new Error("none was chosen");
    chosen.promised = { cpus: chosen.promised.cpus + 2, memoryMiB: chosen.promised.memoryMiB + 2048 };
    chosen.taken += 1;
  }
  expect([small.taken, large.taken]).toEqual([4, 8]);
});

test("memory counts where it is what is scarce", () => {
  const nothing = { cpus: 0, memoryMiB: 0 };
  const many = { total: { cpus: 64, memoryMiB: 4096 }, promised: nothing };
  const big = { total: { cpus: 8, memoryMiB: 65_536 }, promised: nothing };
  expect(roomiest([many, big], { cpus: 1, memoryMiB: 4096 })).toBe(big);
});

test("of no host none is chosen", () => {
  expect(roomiest([], { cpus: 1, memoryMiB: 1 })).toBeUndefined();
});

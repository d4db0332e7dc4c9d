import { expect, test } from "vitest";
import { hostPool } from "../../../../sandboxes/container/hosts/pool.ts";
import { AssayError, sandboxSpecSchema, type SandboxBackend, type Snapshot } from "../../../../src/index.ts";
import { stubHost, type StubHost } from "./stub-host.ts";

const spec = sandboxSpecSchema.parse({ image: "base", cpus: 1, memoryMiB: 64 });
const options = { owner: { runId: "pool", trialId: "pool/1/1", attempt: 1 } };

function poolOf(hosts: readonly StubHost[], onProgress?: (line: string) => void): Promise<SandboxBackend> {
  const openBackend = ({ address }: { address: string }): SandboxBackend => {
    const host = hosts.find((each) => each.address.address() === address);
    if (!host) throw new Error(`nobody is at ${address}`);
    return host.backend;
  };
  return hostPool(
    hosts.map(({ address }) => address),
    { openBackend, onProgress },
  );
}

function snapshotOf(image: string): Snapshot {
  return { kind: "archive", image, deleted: [], replaced: [], tar: (async function* () {})(), counted: { files: 0 } };
}

const noImage = async (): Promise<never> => {
  throw new AssayError("sandbox/image", "It is not here and cannot be pulled.");
};

test("sandboxes that are started at the same moment are spread", async () => {
  await using one = await stubHost();
  await using two = await stubHost();
  await using pool = await poolOf([one, two]);
  await Promise.all([1, 2, 3, 4].map(() => pool.start(spec, options)));
  expect([one.started.length, two.started.length]).toEqual([2, 2]);
});

test("a snapshot goes to a host that has its image, however much room another has", async () => {
  await using small = await stubHost({ cpus: 1, prepare: async () => ({ digest: "sha256:small" }) });
  await using large = await stubHost({ cpus: 64, prepare: async () => ({ digest: "sha256:large" }) });
  await using pool = await poolOf([small, large]);
  await pool.prepare(spec);
  for (let count = 0; count < 3; count += 1) await pool.start(spec, { ...options, snapshot: snapshotOf("sha256:small") });
  await pool.start(spec, { ...options, snapshot: snapshotOf("sha256:large") });
  expect([small.started.length, large.started.length]).toEqual([3, 1]);
  expect([...small.prepared, ...large.prepared]).toEqual(["base", "base"]);
});

test("hosts are asked once for a snapshot's image that none is known to have; where none can have it, that is said", async () => {
  await using one = await stubHost({ prepare: ({ image }) => (image === "base" ? Promise.resolve({ digest: "sha256:new" }) : noImage()) });
  await using two = await stubHost({
    prepare: ({ image = "" }) =>
      image === "sha256:none" ? noImage() : Promise.resolve({ digest: image === "base" ? "sha256:new" : image }),
  });
  await using pool = await poolOf([one, two]);
  await pool.prepare(spec);
  for (let count = 0; count < 2; count += 1) {
    await pool.start(spec, { ...options, snapshot: snapshotOf("sha256:old") });
    await expect(pool.start(spec, { ...options, snapshot: snapshotOf("sha256:none") })).rejects.toMatchObject({
      code: "sandbox/snapshot",
      message: "The snapshot is a change of image sha256:none, which no host that answers has, or can pull.",
    });
  }
  expect([one.started.length, two.started.length]).toEqual([0, 2]);
  expect(one.prepared).toEqual(["base", "sha256:old", "sha256:none"]);
});

test("a start from a snapshot that breaks is not tried elsewhere, for the archive can be read once", async () => {
  await using one = await stubHost();
  await using two = await stubHost();
  await using pool = await poolOf([one, two]);
  for (const host of [one, two]) host.isThere = false;
  await expect(pool.start(spec, { ...options, snapshot: snapshotOf("base") })).rejects.toMatchObject({ code: "sandbox/gone" });
  expect(one.started.length + two.started.length).toBe(1);
});

test("a snapshot whose image a host may have that is away is no trial's fault", async () => {
  await using one = await stubHost({ prepare: async () => ({ digest: "sha256:one" }) });
  await using two = await stubHost({ prepare: ({ image }) => (image === "base" ? Promise.resolve({ digest: "sha256:two" }) : noImage()) });
  await using pool = await poolOf([one, two]);
  await pool.prepare(spec);
  one.isThere = false;
  const snapshot = snapshotOf("sha256:one");
  await expect(pool.start(spec, { ...options, snapshot })).rejects.toMatchObject({ code: "sandbox/gone" });
  await expect(pool.start(spec, { ...options, snapshot })).rejects.toMatchObject({
    code: "sandbox/failed",
    hint: `Try again when these answer: ${one.address.address()}.`,
  });
});

test("a host that cannot have the images of one compose file gets the sandboxes of another", async () => {
  const specs = ["one.yaml", "two.yaml"].map((compose) => sandboxSpecSchema.parse({ compose, cpus: 1, memoryMiB: 64 }));
  const [first = spec, second = spec] = specs;
  await using picky = await stubHost({ cpus: 64, prepare: ({ compose }) => (compose === "one.yaml" ? noImage() : Promise.resolve({})) });
  await using other = await stubHost({ cpus: 1 });
  await using pool = await poolOf([picky, other]);
  for (const each of specs) await pool.prepare(each);
  for (const each of [first, second]) await pool.start(each, options);
  expect([picky.started, other.started]).toEqual([["two.yaml"], ["one.yaml"]]);
});

test("the first host that is back is taken while another is made ready, and the end does not wait for that", async () => {
  let times = 0;
  const slowly: SandboxBackend["prepare"] = (_spec, { signal } = {}) => {
    times += 1;
    const stopped = new Promise<never>((_resolve, reject) => signal?.addEventListener("abort", () => reject(signal.reason)));
    return times === 1 ? Promise.resolve({}) : stopped;
  };
  await using slow = await stubHost({ prepare: slowly, cpus: 64 });
  await using fast = await stubHost();
  const pool = await poolOf([slow, fast]);
  await pool.prepare(spec);
  for (const host of [slow, fast]) host.isThere = false;
  const comeBack = (): void => [slow, fast].forEach((host) => (host.isThere = true));
  await pool.start(spec, { ...options, onProgress: comeBack });
  expect([times, fast.started.length]).toEqual([2, 2]);
  const startedAt = performance.now();
  await pool[Symbol.asyncDispose]();
  expect(performance.now() - startedAt).toBeLessThan(2_000);
});

test("a start that nobody waits for any more, and the pool's end, do not wait for a host that is silent", async () => {
  await using one = await stubHost();
  await using two = await stubHost();
  const said: string[] = [];
  const pool = await poolOf([one, two], (line) => said.push(line));
  for (const host of [one, two]) Object.assign(host, { isThere: false, isSilent: true });
  const startedAt = performance.now();
  await expect(pool.start(spec, { ...options, signal: AbortSignal.timeout(200) })).rejects.toMatchObject({ name: "TimeoutError" });
  await pool[Symbol.asyncDispose]();
  expect(performance.now() - startedAt).toBeLessThan(2_000);
  expect(said).toEqual([]);
});

test("a pool that is closed leaves no timer that keeps the process", async () => {
  const timers = (): number => process.getActiveResourcesInfo().filter((kind) => kind === "Timeout").length;
  await using one = await stubHost();
  await using two = await stubHost({ cpus: 64 });
  const before = timers();
  {
    await using pool = await poolOf([one, two]);
    two.isThere = false;
    await pool.start(spec, options);
  }
  expect(timers()).toBeLessThanOrEqual(before);
});

/** What captures may cost, and what an event says where a bound is met. */
import { buffer } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { pack } from "tar-stream";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import embedded from "../../../sandboxes/embedded.ts";
import type { Sandbox, SandboxBackend } from "../../../src/core/sandbox.ts";
import { sandboxSpecSchema } from "../../../src/core/sandbox-spec.ts";
import { CAPTURE_BOUNDS } from "../../../src/run/trial/capture/bounds.ts";
import { captureRig, type FilesEvent } from "./rig.ts";

const MIB = 1024 * 1024;
/** What a timer may be late by on a busy machine. */
const LATE_MS = 250;

let backend: SandboxBackend;
beforeAll(async () => void (backend = await embedded.open()));
afterAll(() => backend[Symbol.asyncDispose]());

const start = (): Promise<Sandbox> =>
  backend.start(sandboxSpecSchema.parse({}), { owner: { runId: "captures", trialId: "captures/1/1", attempt: 1 } });

/** The sandbox with listings that take so long, or are cut where they may not. */
function slow(sandbox: Sandbox, takesMs: () => number): Sandbox & { isBusy(): boolean } {
  let running = 0;
  return {
    ...sandbox,
    isBusy: () => running > 0,
    async listFiles(folders, options) {
      running += 1;
      const listing = await sandbox.listFiles(folders, options);
      const wantedMs = takesMs();
      await sleep(Math.min(wantedMs, options.timeoutMs));
      running -= 1;
      return { ...listing, isTruncated: wantedMs > options.timeoutMs };
    },
  };
}

/** `contents` by name. */
async function write(sandbox: Sandbox, contents: Iterable<readonly [string, string]>): Promise<void> {
  const tar = pack();
  for (const [name, content] of contents) tar.entry({ name }, content);
  tar.finalize();
  await sandbox.upload(await buffer(tar), { into: "/workspace" });
}

const named = (count: number, content: (index: number) => string): [string, string][] =>
  Array.from({ length: count }, (_, index) => [`f${String(index).padStart(5, "0")}`, content(index)]);

const omittedIn = ({ changes = [] }: FilesEvent): string[] => changes.flatMap(({ omitted }) => omitted ?? []);

describe("captures are bounded", () => {
  it("in time: a step ends after 5 seconds, the last one after 10, with what was found by then", { timeout: 60_000 }, async () => {
    const last = async (isSlow: () => boolean, use: (rig: Awaited<ReturnType<typeof captureRig>>) => Promise<FilesEvent>) => {
      await using sandbox = await start();
      await using rig = await captureRig(slow(sandbox, () => (isSlow() ? 60_000 : 0)));
      await rig.captures.toolBegins(1);
      await sandbox.exec("echo x > made");
      return await use(rig);
    };
    let isSlow = false;
    const step = last(
      () => isSlow,
      ({ step: stepUntil }) => ((isSlow = true), stepUntil(1)),
    );
    let isEndSlow = false;
    const end = last(
      () => isEndSlow,
      ({ finish }) => ((isEndSlow = true), finish()),
    );
    for (const [event, seconds] of [
      [await step, 5],
      [await end, 10],
    ] as const) {
      expect(event).toMatchObject({ isTruncated: true, changes: [{ path: "/workspace/made" }] });
      expect(event.durationMs).toBeGreaterThan(seconds * 1000 - 50);
      expect(event.durationMs).toBeLessThan(seconds * 1000 + 10 * LATE_MS);
    }
  });

  it("in their share of a trial's time, of which the first one is a part, however long they take", { timeout: 60_000 }, async () => {
    await using sandbox = await start();
    let elapsedMs = 1_000;
    let listings = 0;
    // Every third one takes ten times as long as the others.
    const slowed = slow(sandbox, () => (listings++ % 3 === 2 ? 400 : 40));
    await using rig = await captureRig(slowed, { elapsedMs: () => elapsedMs });
    for (let call = 1; call <= 60; call += 1) {
      await rig.captures.toolBegins(call);
      rig.captures.modelThinks(call);
      do await sleep(5);
      while (slowed.isBusy());
      await sleep(5);
      const spentMs = rig.events().reduce((sum, { durationMs }) => sum + durationMs, 0);
      expect(spentMs).toBeLessThan(CAPTURE_BOUNDS.share * elapsedMs + LATE_MS);
      elapsedMs += 1_000;
    }
    const steps = rig.events().filter(({ phase }) => phase === "step");
    expect(steps.filter(({ skipped }) => skipped === undefined).length).toBeGreaterThan(5);
    expect(steps.find(({ skipped, durationMs }) => skipped === "budget" && durationMs > 0)).toBeDefined();
    const calls = steps.filter(({ skipped }) => skipped === undefined).map((event) => event.calls ?? [0, 0]);
    // What was given up or skipped is in the next one.
    for (const [index, [from]] of calls.entries()) expect(from).toBe((calls[index - 1]?.[1] ?? 0) + 1);
  });

  it("in changes: 1,000 are told, and how many more there were", async () => {
    await using sandbox = await start();
    await using rig = await captureRig(sandbox);
    await rig.captures.toolBegins(1);
    await write(
      sandbox,
      named(1_234, () => ""),
    );
    const event = await rig.step(1);
    expect(event.changes).toHaveLength(1_000);
    expect(event.omittedChanges).toBe(234);
    expect(omittedIn(event)).toEqual(Array(800).fill("too-many"));
  });

  it("in bytes of a file, of a capture and of a trial", { timeout: 120_000 }, async () => {
    await using sandbox = await start();
    await using rig = await captureRig(sandbox);
    await rig.captures.toolBegins(1);
    await write(sandbox, [
      ["fits", "x".repeat(MIB)],
      ["larger", "x".repeat(MIB + 1)],
    ]);
    const first = await rig.step(1);
    expect(first.changes).toMatchObject([
      { path: "/workspace/fits", content: { bytes: MIB } },
      { path: "/workspace/larger", sizeBytes: MIB + 1, omitted: "too-large" },
    ]);
    // Four files of 1 MiB fit in a capture, and 64 in a trial.
    for (let call = 2; call <= 16; call += 1) {
      await rig.captures.toolBegins(call);
      await write(
        sandbox,
        named(5, (index) => `${call} ${index}`.padEnd(MIB, "x")),
      );
      const event = await rig.step(call);
      expect(omittedIn(event)).toEqual(["too-many"]);
      expect(event.changes?.filter(({ content }) => content !== undefined)).toHaveLength(4);
    }
    await rig.captures.toolBegins(17);
    await write(
      sandbox,
      named(5, (index) => `17 ${index}`.padEnd(MIB, "x")),
    );
    expect(omittedIn(await rig.step(17))).toEqual(["too-many", "too-many"]);
    await rig.captures.toolBegins(18);
    await sandbox.exec("echo small > small; rm f00001");
    expect((await rig.step(18)).changes).toMatchObject([
      { path: "/workspace/f00001", change: "deleted" },
      { path: "/workspace/small", change: "created", omitted: "too-many" },
    ]);
  });

  it("in time for contents: what was not read by then says so", async () => {
    await using sandbox = await start();
    const unread: Sandbox = { ...sandbox, readFiles: (_, { timeoutMs }) => sleep(timeoutMs, new Map()) };
    await using rig = await captureRig(unread);
    await rig.captures.toolBegins(1);
    await sandbox.exec("echo x > made");
    expect((await rig.step(1)).changes).toMatchObject([{ path: "/workspace/made", sizeBytes: 2, omitted: "too-late" }]);
  });

  it("in time that nothing else runs: diffs that are hard leave whole contents", { timeout: 60_000 }, async () => {
    await using sandbox = await start();
    const lines = (seed: number) => Array.from({ length: 5_500 }, (_, line) => `${(line * 7_919 + seed * 104_729) % 1_000_003}`).join("\n");
    await write(
      sandbox,
      named(24, (index) => lines(index)),
    );
    await using rig = await captureRig(sandbox);
    await rig.captures.toolBegins(1);
    await write(
      sandbox,
      named(24, (index) => lines(index + 1_000)),
    );
    await sandbox.exec("echo easy > 0");
    await rig.captures.toolBegins(2);
    await sleep(50);
    using delay = watchedDelay();
    const { changes = [] } = await rig.step(2);
    await sleep(20);
    const heldMs = delay.maxMs();
    expect(changes).toHaveLength(25);
    expect(changes.every(({ content, diff }) => (content === undefined) !== (diff === undefined))).toBe(true);
    // 100 ms where nothing else runs here; each diff once had 50 ms.
    expect(heldMs).toBeLessThan(600);
    console.log(`24 hard diffs held the event loop for ${heldMs.toFixed(0)} ms`);
  });
});

/** The longest time in which nothing else could run. */
function watchedDelay(): Disposable & { maxMs(): number } {
  let [lastMs, maxMs] = [performance.now(), 0];
  const timer = setInterval(() => {
    const nowMs = performance.now();
    maxMs = Math.max(maxMs, nowMs - lastMs);
    lastMs = nowMs;
  }, 1);
  return { maxMs: () => maxMs, [Symbol.dispose]: () => clearInterval(timer) };
}

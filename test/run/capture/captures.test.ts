import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { pack } from "tar-stream";
import { buffer } from "node:stream/consumers";
import embedded from "../../../sandboxes/embedded.ts";
import type { Sandbox, SandboxBackend } from "../../../src/core/sandbox.ts";
import { sandboxSpecSchema } from "../../../src/core/sandbox-spec.ts";
import { expectCapturesToTell } from "./replays.ts";
import { captureRig, said, SECRET } from "./rig.ts";

let backend: SandboxBackend;
beforeAll(async () => void (backend = await embedded.open()));
afterAll(() => backend[Symbol.asyncDispose]());

const start = (): Promise<Sandbox> =>
  backend.start(sandboxSpecSchema.parse({}), { owner: { runId: "captures", trialId: "captures/1/1", attempt: 1 } });

/** The sandbox with listings that take a while. */
function slow(sandbox: Sandbox, waitMs: number, onList: () => void = () => {}): Sandbox {
  return {
    ...sandbox,
    async listFiles(folders, options) {
      onList();
      const listing = await sandbox.listFiles(folders, options);
      await sleep(waitMs);
      return listing;
    },
  };
}

describe("what each step changed", () => {
  it("is the truth, whatever the operations", { timeout: 60_000 }, async () => {
    await using sandbox = await start();
    await expectCapturesToTell(sandbox, 60);
  });

  it("says an edit by the shell as a diff, and a new file whole", async () => {
    await using sandbox = await start();
    await sandbox.writeFile("src/a.py", "one\ntwo\nthree\n");
    await using rig = await captureRig(sandbox);
    await rig.captures.toolBegins(1);
    await sandbox.exec("sed -i s/two/2/ src/a.py; echo new > b.txt; printf '\\377' > /tmp/outside");
    const { changes, calls, isConcurrent } = await rig.step(1);
    expect({ calls, isConcurrent }).toEqual({ calls: [1, 1], isConcurrent: undefined });
    expect(changes).toMatchObject([
      { path: "/workspace/b.txt", change: "created", content: "new\n", addedLines: 1, removedLines: 0, sizeBytes: 4 },
      { path: "/workspace/src/a.py", change: "changed", diff: "@@ -1,3 +1,3 @@\n one\n-two\n+2\n three\n", addedLines: 1, removedLines: 1 },
    ]);
    const end = await rig.finish();
    expect(end).toMatchObject({ phase: "end", folders: ["/workspace", "/"], leftOut: ["/proc", "/sys", "/dev"] });
    expect(said(end)).toEqual(["written /tmp/outside"]);
  });

  it("covers several calls at once where they come faster than captures, and never holds a call up", async () => {
    await using sandbox = await start();
    let listings = 0;
    await using rig = await captureRig(slow(sandbox, 400, () => (listings += 1)));
    const from = performance.now();
    await rig.captures.toolBegins(1);
    const readyMs = performance.now() - from;
    for (let call = 1; call <= 6; call += 1) {
      const startedAt = performance.now();
      await rig.captures.toolBegins(call);
      await sandbox.exec(`echo ${call} > file${call}`);
      rig.captures.modelThinks(call);
      expect(performance.now() - startedAt).toBeLessThan(300);
    }
    expect(readyMs).toBeGreaterThan(300);
    await rig.step(6);
    const steps = rig.events().filter(({ phase }) => phase === "step");
    expect(steps.length).toBeLessThan(4);
    expect(listings).toBe(1 + steps.length);
    expect(steps.flatMap((event) => said(event)).toSorted()).toEqual([1, 2, 3, 4, 5, 6].map((call) => `created file${call}`));
    expect(steps.at(0)).toMatchObject({ isConcurrent: true });
    expect(steps.map(({ calls }) => calls?.[1]).at(-1)).toBe(6);
  });

  it("is skipped, and says so, while it has cost its share of the time; the last one still comes", async () => {
    await using sandbox = await start();
    let elapsedMs = 100;
    await using rig = await captureRig(slow(sandbox, 20), { elapsedMs: () => elapsedMs });
    for (const call of [1, 2]) {
      await rig.captures.toolBegins(call);
      await sandbox.exec(`echo ${call} > file${call}`);
      await rig.step(1);
    }
    expect(rig.events().slice(1)).toMatchObject([{ phase: "step", calls: [1, 1], skipped: "budget" }]);
    elapsedMs = 100_000;
    await sandbox.exec("echo 3 > file3");
    expect(await rig.step(3)).toMatchObject({ calls: [1, 3], changes: [{}, {}, {}] });
    elapsedMs = 0;
    await sandbox.exec("rm file1");
    expect(said(await rig.finish())).toEqual(["deleted file1"]);
  });

  it("says why it failed, and goes on with the trial", async () => {
    const sandbox = await start();
    await using rig = await captureRig(sandbox);
    await rig.captures.toolBegins(1);
    await sandbox[Symbol.asyncDispose]();
    expect(await rig.step(1)).toMatchObject({ calls: [1, 1], failed: { code: "sandbox/gone" } });
    expect(await rig.finish()).toMatchObject({ phase: "end", calls: [1, 1], failed: { code: "sandbox/gone" } });
  });

  it("says nothing of a run that is being stopped", async () => {
    await using sandbox = await start();
    const stopping = new AbortController();
    await using rig = await captureRig(sandbox, { signal: stopping.signal });
    await rig.captures.toolBegins(1);
    stopping.abort();
    expect(await rig.finish()).toMatchObject({ phase: "end", skipped: "cancelled" });
  });

  it("takes secrets out of contents and diffs, and hashes what is left", async () => {
    await using sandbox = await start();
    await sandbox.writeFile("old.txt", `key ${SECRET}\nsame\n`);
    await using rig = await captureRig(sandbox);
    await rig.captures.toolBegins(1);
    await sandbox.exec(`echo more >> old.txt; echo ${SECRET} > new.txt; cp new.txt marked.txt; echo '[redacted]' > marked.txt`);
    const event = await rig.step(1);
    expect(JSON.stringify(event)).not.toContain(SECRET);
    expect(said(event)).toEqual(["created marked.txt", "created new.txt", "changed old.txt"]);
    const [marked, fresh, old] = event.changes ?? [];
    expect(fresh?.content).toBe("[redacted]\n");
    expect(fresh?.sha256).toBe(marked?.sha256);
    expect(old?.diff).toContain("key [redacted]");
  });

  it("keeps large and binary contents within bounds, and says what it left out", async () => {
    await using sandbox = await start();
    await using rig = await captureRig(sandbox);
    await rig.captures.toolBegins(1);
    await sandbox.writeFile("binary", Uint8Array.of(0, 255, 1));
    await sandbox.writeFile("large.txt", "x".repeat(100_000));
    await sandbox.writeFile("huge.txt", "x".repeat(2_000_000));
    for (let index = 0; index < 210; index += 1) await sandbox.writeFile(`many/${String(index).padStart(3, "0")}`, "");
    const { changes = [] } = await rig.step(1);
    const find = (name: string) => changes.find(({ path }) => path === `/workspace/${name}`);
    expect(find("binary")).toMatchObject({ content: { base64: "AP8B", bytes: 3 } });
    expect(find("large.txt")).toMatchObject({ sizeBytes: 100_000, content: { bytes: 100_000, encoding: "utf8" } });
    expect(find("huge.txt")).toMatchObject({ sizeBytes: 2_000_000, omitted: "too-large" });
    expect(changes.filter(({ omitted }) => omitted === "too-many")).toHaveLength(12);
  });

  it("lists so many paths and no more; from then on it looks at what changed", { timeout: 60_000 }, async () => {
    await using sandbox = await start();
    const tar = pack();
    for (let index = 0; index < 20_100; index += 1) tar.entry({ name: `f${index}` }, "");
    tar.finalize();
    await sandbox.upload(await buffer(tar), { into: "/workspace/many" });
    await using rig = await captureRig(sandbox);
    await rig.captures.toolBegins(1);
    expect(rig.events()).toMatchObject([{ phase: "start", entries: 20_000, isTruncated: true }]);
    await sandbox.exec("echo x > new.txt; echo y > many/f1; rm many/f2");
    expect(said(await rig.step(1))).toEqual(["changed many/f1", "written new.txt"]);
  });
});

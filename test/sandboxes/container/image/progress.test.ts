import { Readable } from "node:stream";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { followProgress, progressEvents, type Progress } from "../../../../sandboxes/container/image/progress.ts";

/** Pieces of an answer as they come from a Docker Engine, a second apart. */
async function* everySecond(events: readonly object[]): AsyncGenerator<Buffer> {
  for (const event of events) {
    vi.advanceTimersByTime(1_000);
    yield Buffer.from(`${JSON.stringify(event)}\r\n`);
  }
}

async function follow(events: readonly object[], progress: Progress = { step: undefined, lastLines: [] }): Promise<string[]> {
  const lines: string[] = [];
  const answer = Readable.from(everySecond(events));
  await followProgress(progressEvents(answer), "pulling x", { progress, onProgress: (line) => void lines.push(line) });
  return lines;
}

describe("what is said while an engine pulls or builds", () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ["performance"] }));
  afterEach(() => void vi.useRealTimers());

  it("is one line a second for all layers of a pull together", async () => {
    const MiB = 1024 * 1024;
    const lines = await follow([
      { status: "Pulling from library/debian", id: "bookworm" },
      { status: "Pulling fs layer", progressDetail: {}, id: "a1" },
      { status: "Already exists", progressDetail: {}, id: "b2" },
      { status: "Downloading", progressDetail: { current: 5 * MiB, total: 40 * MiB }, progress: "[=>   ]", id: "a1" },
      { status: "Verifying Checksum", progressDetail: {}, id: "a1" },
      { status: "Download complete", progressDetail: {}, id: "a1" },
      { status: "Extracting", progressDetail: { current: 1, total: 2 }, id: "a1" },
      { status: "Pull complete", progressDetail: {}, id: "a1" },
      { status: "Digest: sha256:00" },
    ]);
    expect(lines).toEqual([
      "pulling x: 0 of 1 layers, 0.0 of 0.0 MiB",
      "pulling x: 1 of 2 layers, 0.0 of 0.0 MiB",
      "pulling x: 1 of 2 layers, 5.0 of 40 MiB",
      "pulling x: 1 of 2 layers, 40 of 40 MiB",
      "pulling x: 2 of 2 layers, 40 of 40 MiB",
    ]);
  });

  it("is each step of a build, as Docker and as Podman writes it", async () => {
    const lines = await follow([
      { stream: "Step 1/2 : FROM debian" },
      { stream: "\n" },
      { stream: " ---> 06be049dbc0d\n" },
      { stream: "STEP 2/2: RUN make\n" },
    ]);
    expect(lines).toEqual(["pulling x: step 1/2 FROM debian", "pulling x: step 2/2 RUN make"]);
  });

  it("ends with the engine's error; the step and what it printed last are known, without control characters", async () => {
    const progress: Progress = { step: undefined, lastLines: [] };
    const events = [
      { stream: "Step 3/9 : RUN make\n" },
      ...["one\n", "two\ntwo and a half\n", "\u001B[91mthree\u001B[0m\u0007 \u001B]0;title\u0007\n"].map((stream) => ({ stream })),
      { errorDetail: { code: 9, message: "failed" }, error: "The command 'make' returned a non-zero code: 9" },
    ];
    await expect(follow(events, progress)).rejects.toThrow("returned a non-zero code: 9");
    expect(progress).toEqual({ step: "3/9 RUN make", lastLines: ["two", "two and a half", "three"] });
  });

  it("is the same however the answer is cut into pieces", async () => {
    const text = ["Step 1/2 : FROM ü", "Step 2/2 : RUN 漢🙂"].map((stream) => `${JSON.stringify({ stream })}\n`).join("");
    const bytes = Buffer.from(text);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 0, max: bytes.length }), { maxLength: 6 }), async (cuts) => {
        const edges = [0, ...cuts.toSorted((a, b) => a - b), bytes.length];
        const pieces = edges.slice(1).map((end, index) => bytes.subarray(edges[index], end));
        const events = [];
        for await (const event of progressEvents(Readable.from(pieces))) events.push(event.stream);
        expect(events).toEqual(["Step 1/2 : FROM ü", "Step 2/2 : RUN 漢🙂"]);
      }),
    );
  });
});

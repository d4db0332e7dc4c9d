/** Captures of files that change, lie or never end while they are looked at. */
import { fileURLToPath } from "node:url";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import docker from "../../sandboxes/docker.ts";
import type { Sandbox, SandboxBackend } from "../../src/core/sandbox.ts";
import { sandboxSpecSchema, type SandboxSpecInput } from "../../src/core/sandbox-spec.ts";
import { captureRig, said } from "../run/capture/rig.ts";
import { hasEngine } from "./requires.ts";

const IMAGES: Record<string, SandboxSpecInput> = {
  "GNU find": {},
  "busybox find": { dockerfile: fileURLToPath(new URL("../fixtures/images/busybox", import.meta.url)) },
};

/** The sandbox, in which a command is run after files were listed and before they are read. */
const beforeReading = (sandbox: Sandbox, command: string): Sandbox => ({
  ...sandbox,
  async readFiles(paths, options) {
    await sandbox.exec(command);
    return sandbox.readFiles(paths, options);
  },
});

describe.runIf(await hasEngine(docker, "scripts/start-docker.sh"))("what a hostile program makes of captures, in docker", () => {
  let backend: SandboxBackend;
  beforeAll(async () => void (backend = await docker.open()));
  afterAll(() => backend[Symbol.asyncDispose]());

  const start = async (spec: SandboxSpecInput): Promise<Sandbox> => {
    const parsed = sandboxSpecSchema.parse(spec);
    await backend.prepare(parsed);
    return backend.start(parsed, { owner: { runId: "hostile-files", trialId: "files/1/1", attempt: 1 } });
  };
  const run = async (sandbox: Sandbox, command: string): Promise<void> => {
    const { exitCode, stderr } = await sandbox.exec(command);
    expect({ exitCode, stderr: Buffer.from(stderr).toString() }).toEqual({ exitCode: 0, stderr: "" });
  };

  describe.each(Object.entries(IMAGES))("%s", (_, spec) => {
    it("tells a file that was put in another's place with its size and time, and all names of one file", async () => {
      await using sandbox = await start(spec);
      await run(sandbox, "echo one > file; touch -d '2001-02-03 04:05:06' file; echo old > a; ln a b");
      await using rig = await captureRig(sandbox);
      await rig.captures.toolBegins(1);
      await run(sandbox, "echo two > new; touch -d '2001-02-03 04:05:06' new; mv new file; echo more >> b");
      const event = await rig.step(1);
      expect(said(event)).toEqual(["changed a", "changed b", "changed file"]);
      expect(event.changes?.map(({ diff }) => diff?.split("\n").filter((line) => /^[-+]/.test(line)))).toEqual([
        ["+more"],
        ["+more"],
        ["-one", "+two"],
      ]);
    });

    it("presents nothing that lies elsewhere as a file of the work folder, when a folder is swapped for a link after it was listed", async () => {
      await using sandbox = await start(spec);
      const swapping = beforeReading(sandbox, "[ -L deep/in ] || { mv deep/in away && ln -s /etc deep/in; }");
      await using rig = await captureRig(swapping);
      await rig.captures.toolBegins(1);
      await run(sandbox, "mkdir -p deep/in; echo mine > deep/in/passwd; echo x > beside");
      const { changes } = await rig.step(1);
      expect(changes).toMatchObject([
        { path: "/workspace/beside", content: "x\n" },
        { path: "/workspace/deep" },
        { path: "/workspace/deep/in", kind: "folder" },
        { path: "/workspace/deep/in/passwd", omitted: "unreadable" },
      ]);
      expect(JSON.stringify(changes)).not.toContain("root:");
    });

    it("takes a pipe put in a file's place for nothing to read, and a growing file as it was at one moment", async () => {
      await using sandbox = await start(spec);
      const swapping = beforeReading(sandbox, "rm -f file; mkfifo file");
      await using rig = await captureRig(swapping);
      await rig.captures.toolBegins(1);
      await run(sandbox, "echo x > file; (while [ ! -e /tmp/stop ]; do echo 0123456789; done >> growing) > /dev/null 2>&1 &");
      const { changes } = await rig.step(1);
      await run(sandbox, "touch /tmp/stop");
      expect(changes?.find(({ path }) => path === "/workspace/file")).toMatchObject({ omitted: "unreadable" });
      const growing = changes?.find(({ path }) => path === "/workspace/growing");
      if (growing?.omitted === undefined) expect(growing?.content).toBeDefined();
      if (typeof growing?.content === "string") expect(growing.content).toHaveLength(growing.sizeBytes ?? Number.NaN);
    });

    it("keeps names apart that hold line ends, control characters, what looks like a record, and no UTF-8", async () => {
      await using sandbox = await start(spec);
      await using rig = await captureRig(sandbox);
      await rig.captures.toolBegins(1);
      const names = String.raw`a\nb|a\001b|a\\0b|c\\nd|end|f 1:2 644 0 1.0 1.0|\376\377|\303|x\rEND\ny|\033[31mred`;
      await run(sandbox, `IFS='|'; for name in $(printf '%s' '${names}'); do printf "$name" > "$(printf "$name")x"; done`);
      const event = await rig.step(1);
      expect(said(event).toSorted()).toEqual(
        [
          "a\nb",
          "a\u0001b",
          "a\\0b",
          "c\\nd",
          "end",
          "f 1:2 644 0 1.0 1.0",
          String.raw`\xfe\xff`,
          String.raw`\xc3`,
          "x\rEND\ny",
          "\u001b[31mred",
        ]
          .map((name) => `created ${name}x`)
          .toSorted(),
      );
      expect(event.changes?.filter(({ omitted }) => omitted).map(({ path, omitted }) => [path, omitted])).toEqual([
        [String.raw`/workspace/\xc3x`, "unreadable"],
        [String.raw`/workspace/\xfe\xffx`, "unreadable"],
      ]);
    });
  });

  it("says that 50,000 files are more than it lists, and holds up nothing else meanwhile", async () => {
    await using sandbox = await start({});
    await using rig = await captureRig(sandbox);
    await rig.captures.toolBegins(1);
    await run(sandbox, "mkdir many && cd many && seq 50000 | xargs touch");
    let [lastMs, heldMs] = [performance.now(), 0];
    const timer = setInterval(() => {
      heldMs = Math.max(heldMs, performance.now() - lastMs);
      lastMs = performance.now();
    }, 1);
    const event = await rig.step(1);
    await sleep(5);
    clearInterval(timer);
    expect(event).toMatchObject({ entries: 20_000, isTruncated: true });
    expect(event.changes).toHaveLength(1_000);
    expect(event.omittedChanges).toBeGreaterThan(18_000);
    await run(sandbox, "echo x > new; rm many/7");
    await rig.captures.toolBegins(2);
    expect(said(await rig.step(2))).toContain("written new");
    console.log(`50,000 files: a step ${event.durationMs} ms, the event loop was held for ${heldMs.toFixed(0)} ms at most`);
    expect(heldMs).toBeLessThan(2_000);
  });
});

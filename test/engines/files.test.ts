/** What each step changed, in containers of Docker and Podman: GNU and busybox images. */
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Sandbox, SandboxBackend } from "../../src/core/sandbox.ts";
import { sandboxSpecSchema, type SandboxSpecInput } from "../../src/core/sandbox-spec.ts";
import { expectCapturesToTell } from "../run/capture/replays.ts";
import { applyTo, captureRig, filesOf, LIST, READ, said } from "../run/capture/rig.ts";
import { runOf } from "../run/capture/whole-run.ts";
import { leftOf, testEngines, type TestEngine } from "./engines.ts";

const RUN_ID = `files-${process.pid}-${Date.now()}`;
const BUSYBOX: SandboxSpecInput = { dockerfile: fileURLToPath(new URL("../fixtures/images/busybox", import.meta.url)) };

/** Busybox's find is the same in every engine, so it is tried in one. */
const IMAGES: Record<string, Record<string, SandboxSpecInput>> = {
  docker: { "GNU find": {}, "busybox find": BUSYBOX },
  podman: { "GNU find": {} },
};

for (const engine of await testEngines("docker", "rootful"))
  describe.runIf(engine.isHere)(`what each step changed, in ${engine.title}`, () => captures(engine));

function captures(engine: TestEngine): void {
  let backend: SandboxBackend;
  beforeAll(async () => void (backend = await engine.definition.open()));
  afterAll(() => backend[Symbol.asyncDispose]());

  const start = async (spec: SandboxSpecInput = {}): Promise<Sandbox> => {
    const parsed = sandboxSpecSchema.parse(spec);
    await backend.prepare(parsed);
    return backend.start(parsed, { owner: { runId: RUN_ID, trialId: "files/1/1", attempt: 1 } });
  };

  describe.each(Object.entries(IMAGES[engine.backend] ?? {}))("%s", (_, spec) => {
    it("is the truth, whatever the operations", async () => {
      await using sandbox = await start(spec);
      await expectCapturesToTell(sandbox, 12);
    });

    it("tells moves, back-dated edits, deletions, links, modes and names of any kind", async () => {
      await using sandbox = await start(spec);
      await sandbox.exec(
        "cd /workspace; echo one > a; echo one > dated; mkdir -p d/e; echo in > d/e/f; ln -s a link; echo x > gone; mkfifo pipe",
      );
      await using rig = await captureRig(sandbox);
      await rig.captures.toolBegins(1);
      const { exitCode, stderr } = await sandbox.exec(
        [
          "mv a 'b\nnew line'",
          "echo two > dated && touch -d '2001-02-03 04:05:06' dated",
          "mv d moved",
          "rm link && ln -s 'to -> x' link",
          "rm gone",
          "chmod 600 moved/e/f",
          "ln dated hard",
          "echo ü > 'ünïcødé 漢字'",
          "printf x > \"$(printf 'bad\\377')\"",
          "mkdir dark && echo hidden > dark/file",
        ].join(" && "),
      );
      expect({ exitCode, stderr: Buffer.from(stderr).toString() }).toEqual({ exitCode: 0, stderr: "" });
      const event = await rig.step(1);
      expect(said(event)).toEqual([
        "renamed d → moved",
        "renamed a → b\nnew line",
        "created bad\\xff",
        "created dark",
        "created dark/file",
        "changed dated",
        "deleted gone",
        "created hard",
        "changed link",
        "changed moved/e/f",
        "created ünïcødé 漢字",
      ]);
      const find = (name: string) => event.changes?.find(({ path }) => path === `/workspace/${name}`);
      expect(find("dated")).toMatchObject({ diff: "@@ -1,1 +1,1 @@\n-one\n+two\n" });
      expect(find("hard")).toMatchObject({ content: "two\n" });
      expect(find("link")).toMatchObject({ kind: "link", target: "to -> x" });
      expect(find("moved/e/f")).toMatchObject({ mode: 0o600 });
      expect(find("bad\\xff")).toMatchObject({ omitted: "unreadable" });
      await rig.captures.toolBegins(2);
      await sandbox.exec("chmod 000 dark");
      expect(await rig.step(2)).toMatchObject({
        unreadable: ["/workspace/dark"],
        changes: [{ path: "/workspace/dark", change: "changed", mode: 0 }],
      });
    });

    it("finds what a background process changed after the last call, and what changed elsewhere", async () => {
      await using sandbox = await start(spec);
      await using rig = await captureRig(sandbox);
      await rig.captures.toolBegins(1);
      await sandbox.exec(
        "(while [ ! -e /tmp/go ]; do sleep 0.1; done; echo late > late; mv /tmp/go /tmp/gone) >/dev/null 2>&1 & mkdir /tmp/made; echo x > /tmp/made/x; echo y > ~/dot",
      );
      expect(said(await rig.step(1))).toEqual([]);
      await sandbox.exec("touch /tmp/go; while [ ! -e /tmp/gone ]; do sleep 0.1; done");
      const end = await rig.finish();
      const home = Buffer.from((await sandbox.exec("echo ~")).stdout)
        .toString()
        .trim();
      expect(said(end).toSorted()).toEqual(["created late", `written ${home}/dot`, "written /tmp/gone", "written /tmp/made/x"].toSorted());
      expect(end.leftOut).toContain("/proc");
    });
  });

  it("tells a run's changes like the embedded sandbox", async () => {
    const commands = [
      "sed -i s/two/2/ src/a.py; echo new > out.txt",
      "mkdir /tmp/watched; mv out.txt /tmp/watched/moved",
      "rm /tmp/watched/moved; mv src lib; chmod 600 lib/a.py; echo kept > /tmp/watched/kept",
    ];
    // A busy machine may leave no time to look after each step: what they say together is the same.
    const told = async (sandbox: string) => {
      const captures = (await runOf(commands, sandbox)).events.filter(({ type }) => type === "sandbox.files").map(filesOf);
      const known = new Map<string, string>();
      for (const event of captures) applyTo(known, event);
      const calls = captures.filter(({ skipped }) => !skipped).flatMap((event) => event.calls ?? []);
      return { known: [...known].toSorted(), calls: [calls[0], calls.at(-1)] };
    };
    const docked = await told(engine.backend);
    expect(docked).toEqual(await told("embedded"));
    expect(docked.calls).toEqual([1, 4]);
    expect(docked.known.map(([path]) => path)).toEqual(["/tmp/watched", "/tmp/watched/kept", "/workspace/lib/a.py"]);
  });

  it("captures a folder of 2,000 files, and prints what that takes", async () => {
    await using sandbox = await start();
    await sandbox.exec("mkdir -p many && cd many && for i in $(seq 2000); do echo $i > f$i; done");
    await using rig = await captureRig(sandbox);
    await rig.captures.toolBegins(1);
    const takenMs: number[] = [];
    for (let call = 1; call <= 9; call += 1) {
      await rig.captures.toolBegins(call);
      await sandbox.exec(`echo changed ${call} > many/f${call}`);
      const event = await rig.step(call);
      expect(said(event)).toEqual([`changed many/f${call}`]);
      takenMs.push(event.durationMs);
    }
    const end = await rig.finish();
    const median = takenMs.toSorted((a, b) => a - b)[4];
    console.log(
      `2,000 files: start ${rig.events()[0]?.durationMs} ms, a step ${median} ms (median of 9), end with the whole root ${end.durationMs} ms`,
    );
  });

  it("never opens what is no regular file, and follows no link that was swapped in", async () => {
    await using sandbox = await start();
    await sandbox.exec("mkfifo pipe; ln -s /etc/passwd link; truncate -s 10G sparse; echo x > file; chmod 000 file");
    const listing = await sandbox.listFiles(["/workspace"], LIST);
    expect(listing.entries.map(({ kind }) => kind).toSorted()).toEqual(["file", "file", "folder", "link", "other"]);
    const startedAt = performance.now();
    const contents = await sandbox.readFiles(
      ["pipe", "link", "sparse", "file", "missing"].map((name) => `/workspace/${name}`),
      { ...READ, maxBytes: 1_000_000 },
    );
    expect([...contents.keys()]).toEqual([]);
    expect(performance.now() - startedAt).toBeLessThan(20_000);
  });

  it("ends with the bound, however many files there are", async () => {
    await using sandbox = await start();
    await sandbox.exec("mkdir many && cd many && seq 30000 | xargs touch");
    const listing = await sandbox.listFiles(["/workspace"], { ...LIST, maxEntries: 1_000 });
    expect(listing).toMatchObject({ isTruncated: true });
    expect(listing.entries).toHaveLength(1_000);
  });

  it("leaves no container", async () => {
    expect(await leftOf(engine, RUN_ID)).toEqual([]);
  });
}

import { Readable } from "node:stream";
import { expect } from "vitest";
import type { Sandbox, SandboxCapability, SandboxSpecInput, Snapshot, StartOptions } from "../../../src/index.ts";
import { text, type ContractContext } from "./context.ts";

/** Every backend that gets here claims that it can. */
async function fork(sandbox: Sandbox, start: (from: Required<Pick<StartOptions, "snapshot">>) => Promise<Sandbox>): Promise<Sandbox> {
  if (!sandbox.snapshot) throw new Error("The sandbox claims canSnapshot and has no snapshot.");
  return start({ snapshot: await sandbox.snapshot() });
}

const WORK = [
  "mkdir -p deep/er 'with space' closed gone/before",
  "echo kept > deep/er/file; echo new > 'with space/a b'; echo data > one; ln one two; ln -s ../one deep/link; ln -s /nowhere broken",
  "printf odd > \"$(printf 'name-\\377-\\n-x')\"; printf '\\000\\377' > bytes; : > empty; mkfifo pipe",
  "echo run > tool; chmod 4750 tool; chmod 600 one; chmod 500 closed; chmod 1777 'with space'",
  "touch -d '2001-02-03 04:05:06 UTC' bytes; echo was > renamed; mv renamed is; rm -r gone; echo t > /tmp/note; echo h > \"$HOME/home-note\"",
].join("\n");

/** Everything that can be seen of the files, without what a fork may change: inodes, times of change. */
const LOOK = [
  "export LC_ALL=C",
  "find . /tmp/note \"$HOME/home-note\" -printf '%p %y %m %U:%G %n %s %l\\n' | sort",
  "stat -c %Y bytes; cat deep/er/file 'with space/a b' one two is /tmp/note \"$HOME/home-note\"; od -c bytes; cat name-*",
  "[ one -ef two ] && echo linked",
].join("\n");

function archiveIn(snapshot: Snapshot | undefined): AsyncIterable<Uint8Array> {
  if (snapshot?.kind !== "archive") throw new Error("A backend that limits what a sandbox takes gives an archive.");
  return snapshot.tar;
}

export function snapshotBehaviours({ start, when }: ContractContext): void {
  const it = (
    sentence: string,
    spec: SandboxSpecInput,
    test: (sandbox: Sandbox, forked: () => Promise<Sandbox>) => Promise<void>,
    ...more: SandboxCapability[]
  ): void =>
    when("canSnapshot", "hasProcesses", ...more)(sentence, { timeout: 120_000 }, async () => {
      await using sandbox = await start(spec);
      await test(sandbox, () => fork(sandbox, (from) => start(spec, undefined, from)));
    });

  it("forks a sandbox: files, links, modes, owners and names are the same, processes are not there", {}, async (sandbox, forked) => {
    expect((await sandbox.exec(WORK)).exitCode).toBe(0);
    await sandbox.exec("sleep 987 >/dev/null 2>&1 &");
    const before = text((await sandbox.exec(LOOK)).stdout.map((byte) => (byte === 255 ? 63 : byte)));
    await using other = await forked();
    expect(text((await other.exec(LOOK)).stdout.map((byte) => (byte === 255 ? 63 : byte)))).toBe(before);
    expect(before).toContain("linked");
    expect(text((await other.exec("cat /proc/[0-9]*/cmdline | tr '\\0' ' '")).stdout)).not.toContain("sleep 987");
    await other.exec("echo changed > deep/er/file");
    expect(text((await sandbox.exec("cat deep/er/file")).stdout)).toBe("kept\n");
  });

  it(
    "forks what was deleted, renamed, made anew and closed of the image's own files",
    { user: "root", capabilities: "default" },
    async (sandbox, forked) => {
      const change = [
        "set -e; cd /etc; rm -r apt; mkdir apt; echo new > apt/only; rm issue; mv debian_version moved; chmod 700 skel",
        "rm os-release; mkdir os-release; rm -r default; echo file > default; rm -r /opt; ln -s /tmp /opt; chown 12:34 moved",
      ].join("; ");
      expect((await sandbox.exec(change)).exitCode).toBe(0);
      const look =
        "cd /etc; find apt issue* debian_version moved skel os-release default /opt -printf '%p %y %m %U:%G %s %l\\n' 2>/dev/null | sort";
      const before = text((await sandbox.exec(look)).stdout);
      await using other = await forked();
      expect(text((await other.exec(look)).stdout)).toBe(before);
      expect(before).toContain("moved f 644 12:34");
    },
    "hasPackages",
  );

  it(
    "forks folders that are in memory or on volumes, below a root that is read-only too",
    { readOnlyRoot: true, tmpfs: { "/cache": 16 }, diskMiB: 64 },
    async (sandbox, forked) => {
      expect((await sandbox.exec(`${WORK}\nmkdir /cache/deep; echo c > /cache/deep/file; chmod 640 /cache/deep/file`)).exitCode).toBe(0);
      // Hard links and owners are not told of these by every engine.
      const look = "find . /cache /tmp \"$HOME\" -type f -printf '%p %m %s\\n' | sort; cat one two /cache/deep/file; id -u";
      const before = (await sandbox.exec(look)).stdout;
      await using other = await forked();
      expect((await other.exec(look)).stdout).toEqual(before);
      expect(text((await other.exec("echo more >> /cache/deep/file && echo more >> one && stat -c %U one | wc -l")).stdout)).toBe("1\n");
    },
    "canLimitResources",
  );

  const tooLarge = async (sandbox: Sandbox): Promise<void> => {
    await sandbox.exec("truncate -s 3G sparse");
    await expect(async () => {
      const snapshot = await sandbox.snapshot?.();
      for await (const _piece of archiveIn(snapshot));
    }).rejects.toMatchObject({ code: "sandbox/snapshot" });
    await sandbox.exec("rm sparse; head -c 100000 /dev/urandom > random");
    const small = async (): Promise<void> => {
      const snapshot = await sandbox.snapshot?.({ maxBytes: 50_000 });
      for await (const _piece of archiveIn(snapshot));
    };
    await expect(small()).rejects.toMatchObject({ code: "sandbox/snapshot" });
  };
  it("gives no snapshot of more than it may be, also where that is a hole", {}, tooLarge, "canLimitResources");

  it("refuses a snapshot that another kind of sandbox gave, in one line", {}, async (sandbox) => {
    const own = await sandbox.snapshot?.();
    const archive = { image: `sha256:${"0".repeat(64)}`, deleted: [], replaced: [], tar: Readable.from([]), counted: { files: 0 } };
    const other: Snapshot = own?.kind === "archive" ? { kind: "image", image: "im-1" } : { kind: "archive", ...archive };
    await expect(start({}, undefined, { snapshot: other })).rejects.toMatchObject({
      code: "sandbox/snapshot",
      message: expect.not.stringContaining("\n"),
      hint: "Start it with the sandbox that it was made with.",
    });
  });

  it("refuses a snapshot of an image that is not there any more, in one line", {}, async (sandbox) => {
    const snapshot = await sandbox.snapshot?.();
    if (!snapshot) throw new Error("no snapshot");
    const gone = start({}, undefined, { snapshot: { ...snapshot, image: `sha256:${"0".repeat(64)}` } });
    await expect(gone).rejects.toMatchObject({ code: "sandbox/snapshot", message: expect.not.stringContaining("\n") });
  });
}

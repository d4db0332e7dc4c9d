/** Archives from and for a hostile sandbox: nothing of them is ever written on the host, and what is unpacked stays inside. */
import { existsSync } from "node:fs";
import { buffer } from "node:stream/consumers";
import { pack } from "tar-stream";
import { expect, it } from "vitest";
import { AssayError } from "../../src/index.ts";
import { beside, text, type AttackContext } from "./context.ts";

/** An entry as `pack` takes it. */
type Entry = Parameters<ReturnType<typeof pack>["entry"]>[0];

const MARKER = `assay-archive-${process.pid}`;

/** Entries that lead out of the folder they are unpacked in, each with the content "planted". */
const LEADING_OUT: Record<string, Entry[]> = {
  "..": [{ name: `../../../../../../../../tmp/${MARKER}` }, { name: `a/../../../../../../../tmp/${MARKER}` }],
  "an absolute path": [{ name: `/tmp/${MARKER}` }, { name: `//tmp/${MARKER}` }],
  "a symbolic link and a file below it": [
    { name: "out", type: "symlink", linkname: "/tmp" },
    { name: `out/${MARKER}` },
    { name: "up", type: "symlink", linkname: "../../../../../../../../tmp" },
    { name: `up/${MARKER}` },
  ],
  "a symbolic link and a file of its name": [{ name: "out", type: "symlink", linkname: `/tmp/${MARKER}` }, { name: "out" }],
  "a hard link to a file of the host": [
    { name: "hard", type: "link", linkname: "/etc/shadow" },
    { name: "far", type: "link", linkname: "../../../../../../../etc/shadow" },
  ],
};

async function archiveOf(entries: readonly Entry[]): Promise<Uint8Array> {
  const archive = pack();
  const packed = buffer(archive);
  for (const header of entries) {
    if (header.type === undefined) archive.entry(header, "planted");
    else archive.entry(header);
  }
  archive.finalize();
  return packed;
}

export function archiveAttacks(context: AttackContext): void {
  const { start, capabilities } = context;

  it.for(Object.entries(LEADING_OUT))("an uploaded archive with %s is refused or stays in the sandbox", async ([, entries]) => {
    await using sandbox = await start();
    await sandbox.upload(await archiveOf(entries), { into: "/workspace/into" }).catch(expectPathError);
    expect([`/tmp/${MARKER}`, `/${MARKER}`].filter((path) => existsSync(path))).toEqual([]);
    expect(text((await sandbox.exec("echo alive")).stdout)).toBe("alive\n");
  });

  it.runIf(capabilities.hasProcesses)("devices are left out of an uploaded archive, and no file of it is setuid", async () => {
    await using sandbox = await start();
    const entries: Entry[] = [
      { name: "disk", type: "block-device", devmajor: 254, devminor: 0, mode: 0o666 },
      { name: "memory", type: "character-device", devmajor: 1, devminor: 1, mode: 0o666 },
      { name: "root", uid: 0, gid: 0, mode: 0o6755 },
    ];
    await sandbox.upload(await archiveOf(entries), { into: "/workspace/into" });
    const found = await sandbox.exec("cd into; ls; find . -type b -o -type c -o -perm -4000 -o -perm -2000; stat -c %u root");
    expect(text(found.stdout)).toBe("root\n1000\n");
  });

  it.runIf(capabilities.hasProcesses)("what a hostile sandbox packs is unpacked in another as harmless as it was", async () => {
    await using hostile = await start();
    await using fresh = await start();
    await hostile.exec(`mkdir -p work/deep; cd work; ln -s / root; ln -s ../../../../tmp out; ln -s self self; mkfifo pipe
echo x >one; ln one two; chmod 6777 one; printf x >"$(printf 'new\\nline\\033[31m')"; truncate -s 100M sparse`);
    const tar = await beside(context, () => hostile.download("work"));
    expect(tar.length).toBeLessThan(120_000_000);
    // Where the engine refuses a link that leads out of the folder, what came before it is there.
    await fresh.upload(tar, { into: "/workspace/copy" }).catch(expectPathError);
    const found = await fresh.exec("find copy -perm -4000 -o -perm -2000; ls /tmp; cat copy/work/one");
    expect(text(found.stdout)).toBe("x\n");
  });

  it("noise and a torn archive are refused by a typed error", async () => {
    await using sandbox = await start();
    const whole = await archiveOf([{ name: "a" }, { name: "b" }]);
    const torn = whole.subarray(0, 700);
    const noise = Buffer.alloc(4096, "\u0001\u0002hello");
    for (const tar of [torn, noise]) await sandbox.upload(tar, { into: "/workspace/into" }).then(() => undefined, expectPathError);
    const lying = Buffer.from(whole);
    lying.write("77777777777\0", 124, "latin1");
    await sandbox.upload(lying, { into: "/workspace/into" }).then(() => undefined, expectPathError);
    expect(text((await sandbox.exec("echo alive")).stdout)).toBe("alive\n");
  });

  it.runIf(capabilities.canLimitResources)(
    "a million-to-one bomb stays packed, and unpacking it inside meets the sandbox's own limits",
    async () => {
      await using sandbox = await start({ memoryMiB: 256 });
      const bomb = `
import gzip, zlib
squeeze = zlib.compressobj(9, zlib.DEFLATED, 31)
with open("bomb.gz", "wb") as out:
    for _ in range(200): out.write(squeeze.compress(bytes(1_000_000)))
    out.write(squeeze.flush())`;
      await sandbox.exec(["python3", "-c", bomb]);
      expect((await sandbox.readFile("bomb.gz")).length).toBeLessThan(1_000_000);
      expect((await sandbox.download("bomb.gz")).length).toBeLessThan(1_000_000);
      const unpacked = await beside(context, () =>
        sandbox.exec("python3 -c 'import gzip; held = [gzip.open(\"bomb.gz\").read() for _ in range(5)]'"),
      );
      expect(unpacked).toMatchObject({ exitCode: 137, oomKilled: true });
    },
  );
}

function expectPathError(error: unknown): void {
  if (!(error instanceof AssayError)) throw error;
  expect(error.code).toBe("sandbox/path");
}

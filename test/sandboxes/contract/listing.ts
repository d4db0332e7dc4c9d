import { expect, it } from "vitest";
import { text, type ContractContext } from "./context.ts";

const LIST = { maxEntries: 20_000, timeoutMs: 20_000 };
const READ = { maxBytes: 1_000_000, timeoutMs: 20_000 };

/** Looking at many files at once: what tells a trace what each step changed. */
export function listingBehaviours({ shared }: ContractContext): void {
  const paths = async (...folders: string[]): Promise<string[]> =>
    (await shared().listFiles(folders, LIST)).entries.map(({ path }) => path).toSorted();

  it("lists folders with all below them, names of any kind, and a missing folder as nothing", async () => {
    const names = ["with space", "quo'te\"s", "ünïcødé 漢字 🙂", "-dash", "new\nline", "sub/deep/file"];
    for (const name of names) await shared().writeFile(`/tmp/listed/${name}`, name);
    expect(await paths("/tmp/listed", "/tmp/not-there")).toEqual(
      ["", "/sub", "/sub/deep", ...names.map((name) => `/${name}`)].map((path) => `/tmp/listed${path}`).toSorted(),
    );
  });

  it("tells kind, size, mode and where a link leads", async () => {
    await shared().writeFile("/tmp/kinds/file", "12345", { mode: 0o750 });
    await shared().exec("mkdir /tmp/kinds/folder && ln -s 'to -> nowhere' /tmp/kinds/link");
    const { entries, isTruncated } = await shared().listFiles(["/tmp/kinds"], LIST);
    const byPath = new Map(entries.map((entry) => [entry.path, entry]));
    expect(byPath.get("/tmp/kinds/file")).toMatchObject({ kind: "file", sizeBytes: 5, mode: 0o750 });
    expect(byPath.get("/tmp/kinds/folder")).toMatchObject({ kind: "folder" });
    expect(byPath.get("/tmp/kinds/link")).toMatchObject({ kind: "link", target: "to -> nowhere" });
    expect(isTruncated).toBe(false);
  });

  it("tells a change of the same size and an old time of writing by the change time", async () => {
    await shared().writeFile("/tmp/dated/file", "one");
    await shared().exec("touch -d '2001-02-03 04:05:06' /tmp/dated/file");
    const entryOf = async () => (await shared().listFiles(["/tmp/dated"], LIST)).entries.find(({ kind }) => kind === "file");
    const before = await entryOf();
    await new Promise((resolve) => setTimeout(resolve, 30));
    await shared().exec("printf two > /tmp/dated/file; touch -d '2001-02-03 04:05:06' /tmp/dated/file");
    const after = await entryOf();
    expect(after).toMatchObject({ sizeBytes: before?.sizeBytes, modifiedAtMs: before?.modifiedAtMs });
    expect(after?.changedAtMs).toBeGreaterThan(before?.changedAtMs ?? Infinity);
  });

  it("keeps a file's inode when it is renamed", async () => {
    await shared().writeFile("/tmp/renamed/old", "x");
    const inodeOf = async (path: string) =>
      (await shared().listFiles(["/tmp/renamed"], LIST)).entries.find((entry) => entry.path === path)?.inode;
    const before = await inodeOf("/tmp/renamed/old");
    await shared().exec("mv /tmp/renamed/old /tmp/renamed/new");
    expect(before).toBeDefined();
    expect(await inodeOf("/tmp/renamed/new")).toBe(before);
  });

  it("lists no more than asked for, and says so", async () => {
    for (const name of ["a", "b", "c", "d"]) await shared().writeFile(`/tmp/bounded/${name}`, "");
    const listing = await shared().listFiles(["/tmp/bounded"], { ...LIST, maxEntries: 3 });
    expect(listing.entries).toHaveLength(3);
    expect(listing.isTruncated).toBe(true);
  });

  it("finds what changed since a listing in the whole root, without /proc, /sys and /dev", async () => {
    const before = await shared().listFiles(["/tmp"], LIST);
    await shared().exec("sleep 0.05; echo x > /tmp/since");
    const since = await shared().listFiles(["/"], { ...LIST, changedSinceMs: before.takenAtMs - before.clockStepMs });
    const found = since.entries.map(({ path }) => path);
    expect(found).toContain("/tmp/since");
    expect(found.filter((path) => /^\/(proc|sys|dev)\//.test(path))).toEqual([]);
    expect(since.leftOut).toEqual(expect.arrayContaining(["/proc", "/sys", "/dev"]));
  });

  it("reads many files at once, and leaves out what is no file, what is missing and what does not fit", async () => {
    const content = { "/tmp/read/a": "first", "/tmp/read/new\nline": "second", "/tmp/read/-dash": "", "/tmp/read/sub/deep": "fourth" };
    for (const [path, said] of Object.entries(content)) await shared().writeFile(path, said);
    await shared().writeFile("/tmp/read/bytes", Uint8Array.of(0, 255, 10, 13));
    await shared().writeFile("/tmp/read/large", "x".repeat(50_000));
    await shared().exec("ln -s a /tmp/read/link");
    const asked = [...Object.keys(content), "/tmp/read/bytes", "/tmp/read/link", "/tmp/read/sub", "/tmp/read/missing"];
    const found = await shared().readFiles(asked, READ);
    expect([...found.keys()]).toEqual([...Object.keys(content), "/tmp/read/bytes"]);
    for (const [path, said] of Object.entries(content)) expect(text(found.get(path) ?? Uint8Array.of(255))).toBe(said);
    expect([...(found.get("/tmp/read/bytes") ?? [])]).toEqual([0, 255, 10, 13]);
    expect((await shared().readFiles(["/tmp/read/large"], { ...READ, maxBytes: 10_000 })).size).toBe(0);
    expect((await shared().readFiles([], READ)).size).toBe(0);
  });
}

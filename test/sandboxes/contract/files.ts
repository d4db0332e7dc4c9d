import { expect, it } from "vitest";
import { text, type ContractContext } from "./context.ts";
import { fromTar, toTar } from "./tar.ts";

export function fileBehaviours({ shared }: ContractContext): void {
  const everyByte = Uint8Array.from({ length: 256 }, (_, index) => index);

  it("returns the bytes that were written, whatever they are", async () => {
    await shared().writeFile("/tmp/bytes.bin", everyByte);
    expect(new Uint8Array(await shared().readFile("/tmp/bytes.bin"))).toEqual(everyByte);
    expect(text((await shared().exec("wc -c < /tmp/bytes.bin")).stdout).trim()).toBe("256");
  });

  it("writes text as UTF-8, and empty files", async () => {
    await shared().writeFile("/tmp/text.txt", "naïve 漢 🙂\n");
    expect(text((await shared().exec("cat /tmp/text.txt")).stdout)).toBe("naïve 漢 🙂\n");
    await shared().writeFile("/tmp/empty.txt", "");
    expect((await shared().readFile("/tmp/empty.txt")).length).toBe(0);
  });

  it("holds a file of several megabytes", async () => {
    const content = new Uint8Array(5_000_000).map((_, index) => (index * 31) & 255);
    await shared().writeFile("/tmp/large.bin", content);
    expect(Buffer.compare(await shared().readFile("/tmp/large.bin"), content)).toBe(0);
  });

  it("creates the parent folders, and overwrites", async () => {
    await shared().writeFile("/tmp/a/b/c/file.txt", "longer first text");
    await shared().writeFile("/tmp/a/b/c/file.txt", "second");
    expect(text(await shared().readFile("/tmp/a/b/c/file.txt"))).toBe("second");
  });

  it("takes a relative path from the work folder", async () => {
    await shared().writeFile("relative/file.txt", "here");
    expect(text(await shared().readFile(`${shared().workdir}/relative/file.txt`))).toBe("here");
    expect(text(await shared().readFile("relative/file.txt"))).toBe("here");
  });

  it("accepts names with spaces, quotes and other scripts", async () => {
    for (const name of ["with space", "quo'te\"s", "ünïcødé 漢字 🙂", "-dash", "dollar$HOME", "new\nline"]) {
      await shared().writeFile(`/tmp/names/${name}`, name);
      expect(text(await shared().readFile(`/tmp/names/${name}`))).toBe(name);
      expect(text((await shared().exec(["cat", `/tmp/names/${name}`])).stdout)).toBe(name);
    }
  });

  it("sets the mode, 644 by default", async () => {
    await shared().writeFile("/tmp/mode-default", "x");
    await shared().writeFile("/tmp/mode-755", "x", { mode: 0o755 });
    expect(text((await shared().exec("stat -c %a /tmp/mode-default /tmp/mode-755")).stdout)).toBe("644\n755\n");
  });

  it("reads what commands wrote, and lets commands change what was written", async () => {
    await shared().exec("printf made > /tmp/by-command.txt");
    expect(text(await shared().readFile("/tmp/by-command.txt"))).toBe("made");
    await shared().writeFile("/tmp/shared.txt", "one\n");
    await shared().exec("echo two >> /tmp/shared.txt && mv /tmp/shared.txt /tmp/moved.txt");
    expect(text(await shared().readFile("/tmp/moved.txt"))).toBe("one\ntwo\n");
  });

  it("says which path is missing", async () => {
    await expect(shared().readFile("/tmp/not/here.txt")).rejects.toMatchObject({
      code: "sandbox/path",
      message: expect.stringContaining("/tmp/not/here.txt"),
    });
    await expect(shared().download("/tmp/not/here")).rejects.toMatchObject({ code: "sandbox/path" });
  });

  it("refuses to read a folder as a file, and to write a file over a folder", async () => {
    await shared().exec("mkdir -p /tmp/folder");
    await expect(shared().readFile("/tmp/folder")).rejects.toMatchObject({ code: "sandbox/path" });
    await expect(shared().writeFile("/tmp/folder", "x")).rejects.toMatchObject({ code: "sandbox/path" });
  });

  it("unpacks a tar archive into a folder that it creates", async () => {
    const tar = await toTar([
      { name: "top/" },
      { name: "top/bytes", content: everyByte, mode: 0o755 },
      { name: "ü.txt", content: Buffer.from("x") },
    ]);
    await shared().upload(tar, { into: "/tmp/uploaded/here" });
    expect(new Uint8Array(await shared().readFile("/tmp/uploaded/here/top/bytes"))).toEqual(everyByte);
    expect(text(await shared().readFile("/tmp/uploaded/here/ü.txt"))).toBe("x");
    expect(text((await shared().exec("stat -c %a /tmp/uploaded/here/top/bytes")).stdout)).toBe("755\n");
  });

  it("packs a folder as a tar archive relative to its parent", async () => {
    const sandbox = shared();
    await sandbox.exec("mkdir -p /tmp/down/empty /tmp/down/sub && ln -s sub/file /tmp/down/link");
    await sandbox.writeFile("/tmp/down/sub/file", everyByte, { mode: 0o600 });
    const entries = await fromTar(await sandbox.download("/tmp/down"));
    expect(entries.map((entry) => entry.name).toSorted()).toEqual(["down", "down/empty", "down/link", "down/sub", "down/sub/file"]);
    const file = entries.find((entry) => entry.name === "down/sub/file");
    expect(new Uint8Array(file?.content ?? [])).toEqual(everyByte);
    expect(file?.mode).toBe(0o600);
  });

  it("packs a single file", async () => {
    await shared().writeFile("/tmp/single.txt", "alone");
    const entries = await fromTar(await shared().download("/tmp/single.txt"));
    expect(entries.map((entry) => [entry.name, text(entry.content ?? everyByte)])).toEqual([["single.txt", "alone"]]);
  });

  it("unpacks what it packed: a tree survives the round trip", async () => {
    const sandbox = shared();
    await sandbox.upload(await toTar([{ name: "tree/" }, { name: "tree/empty/" }, { name: "tree/x", content: everyByte, mode: 0o750 }]), {
      into: "/tmp/first",
    });
    await sandbox.upload(await sandbox.download("/tmp/first/tree"), { into: "/tmp/second" });
    const [first, second] = await Promise.all(
      ["/tmp/first/tree", "/tmp/second/tree"].map(async (path) => fromTar(await sandbox.download(path))),
    );
    expect(second).toEqual(first);
    expect(second).toHaveLength(3);
  });
}

import { expect, it } from "vitest";
import { digest, someBytes, text, type ContractContext } from "./context.ts";
import { fromTar, toTar } from "./tar.ts";

const NAMES = [
  "-",
  "-rf",
  "--help",
  "~",
  "~root",
  "*",
  "?",
  "[a]",
  "a b",
  " lead",
  "trail ",
  "tab\there",
  "new\nline",
  "back\\slash",
  'quo"te',
  "it's",
  "$HOME",
  "`id`",
  "$(id)",
  "a;b",
  "a&b",
  "a|b",
  "#hash",
  "!bang",
  "a=b",
  "%s",
  "{a,b}",
  ".hidden",
  "..twodots",
  "con:colon",
  "é",
  "e\u0301",
  "漢字",
  "🙂",
  "\u0001\u007f",
  "\u202eltr",
  "x".repeat(255),
];

export function pathBehaviours({ shared, when }: ContractContext): void {
  it("reads, writes and lists files of any name", async () => {
    const folder = "/tmp/any-name";
    for (const name of NAMES) await shared().writeFile(`${folder}/${name}`, `in ${name}`);
    for (const name of NAMES) expect(text(await shared().readFile(`${folder}/${name}`))).toBe(`in ${name}`);
    const listed = await shared().exec(
      ["sh", "-c", 'for file in "$@"; do cat -- "$file"; echo; done', "sh", ...NAMES.map((name) => `./${name}`)],
      {
        cwd: folder,
      },
    );
    expect(text(listed.stdout)).toBe(NAMES.map((name) => `in ${name}\n`).join(""));
    const entries = await fromTar(await shared().download(folder));
    expect(entries.map((entry) => entry.name).toSorted()).toEqual(["any-name", ...NAMES.map((name) => `any-name/${name}`)].toSorted());
  });

  it("goes 100 folders deep, along a path of more than 1,000 characters", async () => {
    const path = `/tmp/deep/${Array.from({ length: 100 }, (_, index) => `folder-${index}`).join("/")}`;
    await shared().writeFile(`${path}/leaf.txt`, "deep");
    expect(text(await shared().readFile(`${path}/leaf.txt`))).toBe("deep");
    expect(text((await shared().exec("pwd; cat leaf.txt", { cwd: path })).stdout)).toBe(`${path}\ndeep`);
    await shared().upload(await shared().download("/tmp/deep"), { into: "/tmp/deep-copy" });
    expect(text(await shared().readFile(path.replace("/tmp/deep/", "/tmp/deep-copy/deep/").concat("/leaf.txt")))).toBe("deep");
  });

  it("reads and writes through symbolic links", async () => {
    await shared().exec("mkdir -p /tmp/links/real && cd /tmp/links && echo first > real/file && ln -s real/file link && ln -s real folder");
    expect(text(await shared().readFile("/tmp/links/link"))).toBe("first\n");
    await shared().writeFile("/tmp/links/link", "second\n");
    await shared().writeFile("/tmp/links/folder/new", "new\n");
    const result = await shared().exec("cat real/file real/new; readlink link", { cwd: "/tmp/links" });
    expect(text(result.stdout)).toBe("second\nnew\nreal/file\n");
  });

  it("answers links that lead nowhere or round in a circle as missing paths", async () => {
    await shared().exec("mkdir -p /tmp/bad-links && cd /tmp/bad-links && ln -sf nowhere dangling && ln -sf two one && ln -sf one two");
    for (const name of ["dangling", "one", "dangling/below"]) {
      await expect(shared().readFile(`/tmp/bad-links/${name}`)).rejects.toMatchObject({ code: "sandbox/path" });
    }
  });

  it("keeps links and modes from a download to an upload", async () => {
    await shared().exec(
      "mkdir -p /tmp/kept/sub && cd /tmp/kept && echo x > file && chmod 750 file && ln -s file link && ln -s ../nowhere sub/dangling && ln -s /etc/hosts absolute",
    );
    const before = await fromTar(await shared().download("/tmp/kept"));
    expect(before.filter((entry) => entry.linkname).map((entry) => [entry.name, entry.linkname])).toEqual([
      ["kept/absolute", "/etc/hosts"],
      ["kept/link", "file"],
      ["kept/sub/dangling", "../nowhere"],
    ]);
    await shared().upload(await shared().download("/tmp/kept"), { into: "/tmp/kept-copy" });
    expect(await fromTar(await shared().download("/tmp/kept-copy/kept"))).toEqual(before);
    expect(
      text(
        (await shared().exec("cd /tmp/kept-copy/kept; for name in link absolute sub/dangling; do readlink $name; done; stat -c %a file"))
          .stdout,
      ),
    ).toBe("file\n/etc/hosts\n../nowhere\n750\n");
  });

  it("gives a link that is downloaded by its own name as a link", async () => {
    await shared().exec("echo target > /tmp/link-target; ln -sf /tmp/link-target /tmp/lone-link");
    const entries = await fromTar(await shared().download("/tmp/lone-link"));
    expect(entries.map((entry) => [entry.name, entry.linkname])).toEqual([["lone-link", "/tmp/link-target"]]);
  });

  it("unpacks hard links as the same content", async () => {
    const tar = await toTar([
      { name: "original", content: Buffer.from("content") },
      { name: "again", linkname: "original", type: "link" },
    ]);
    await shared().upload(tar, { into: "/tmp/hard-links" });
    expect(text(await shared().readFile("/tmp/hard-links/again"))).toBe("content");
  });

  it("keeps entries that lead out of an archive's folder inside it, or refuses them", async () => {
    for (const [index, name] of ["../../escaped", "/tmp/escape-absolute", "a/../../../tmp/escape-inner"].entries()) {
      const tar = await toTar([{ name, content: Buffer.from("x") }]);
      await shared()
        .upload(tar, { into: `/tmp/escape/here-${index}` })
        .catch((error: unknown) => expect(error).toMatchObject({ code: "sandbox/path" }));
    }
    const outside = "ls -d /tmp/escaped /escaped /tmp/escape/escaped /tmp/escape-absolute /tmp/escape-inner 2>/dev/null; true";
    expect(text((await shared().exec(outside)).stdout)).toBe("");
  });

  it("makes a folder for an empty archive, and refuses a file in the way", async () => {
    await shared().upload(await toTar([]), { into: "/tmp/empty-upload/inner" });
    expect((await shared().exec("test -d /tmp/empty-upload/inner")).exitCode).toBe(0);
    await shared().writeFile("/tmp/in-the-way", "x");
    const tar = await toTar([{ name: "file", content: Buffer.from("x") }]);
    await expect(shared().upload(tar, { into: "/tmp/in-the-way/inner" })).rejects.toMatchObject({ code: "sandbox/path" });
    await expect(shared().writeFile("/tmp/in-the-way/inner", "x")).rejects.toMatchObject({ code: "sandbox/path" });
  });

  it("sets any mode that is asked for, whatever was there and whatever the umask", async () => {
    const modes = [0o600, 0o400, 0o444, 0o640, 0o644, 0o700, 0o755, 0o777, 0o000];
    for (const mode of modes) await shared().writeFile(`/tmp/modes/${mode.toString(8)}`, "x", { mode });
    const read = `stat -c %a ${modes.map((mode) => mode.toString(8)).join(" ")}`;
    expect(text((await shared().exec(read, { cwd: "/tmp/modes" })).stdout)).toBe(modes.map((mode) => `${mode.toString(8)}\n`).join(""));
  });

  it("replaces a file that is read-only", async () => {
    await shared().writeFile("/tmp/read-only.txt", "old", { mode: 0o444 });
    await shared().writeFile("/tmp/read-only.txt", "new");
    expect(text((await shared().exec("cat /tmp/read-only.txt; stat -c ' %a' /tmp/read-only.txt")).stdout)).toBe("new 644\n");
  });

  it("holds files of 0 bytes and of 20 MB of any bytes", { timeout: 60_000 }, async () => {
    const content = someBytes(20_000_000);
    await shared().writeFile("/tmp/20-megabytes.bin", content);
    await shared().writeFile("/tmp/0-bytes.bin", new Uint8Array());
    expect(text((await shared().exec("wc -c < /tmp/20-megabytes.bin; wc -c < /tmp/0-bytes.bin")).stdout).match(/\d+/g)).toEqual([
      "20000000",
      "0",
    ]);
    expect(digest(await shared().readFile("/tmp/20-megabytes.bin"))).toBe(digest(content));
    expect((await shared().readFile("/tmp/0-bytes.bin")).length).toBe(0);
    await shared().exec("rm /tmp/20-megabytes.bin");
  });

  it("leaves the caller's bytes as they were", async () => {
    const content = someBytes(1000);
    const before = digest(content);
    await shared().writeFile("/tmp/callers.bin", content);
    await shared().exec("wc -c", { stdin: content });
    expect([content.length, digest(content)]).toEqual([1000, before]);
  });

  it("writes one file by many at once: the last state is one of theirs, whole", async () => {
    const contents = Array.from({ length: 8 }, (_, index) => String(index).repeat(1000));
    const reads = contents.map(async (content) => {
      await shared().writeFile("/tmp/contended.txt", content);
      return text(await shared().readFile("/tmp/contended.txt"));
    });
    for (const read of await Promise.all(reads)) expect(["", ...contents]).toContain(read);
    expect(contents).toContain(text(await shared().readFile("/tmp/contended.txt")));
  });

  it("reads and writes many files at once", async () => {
    const indexes = Array.from({ length: 30 }, (_, index) => index);
    await Promise.all(indexes.map((index) => shared().writeFile(`/tmp/many/${index}`, `content ${index}`)));
    const contents = await Promise.all(indexes.map((index) => shared().readFile(`/tmp/many/${index}`)));
    expect(contents.map(text)).toEqual(indexes.map((index) => `content ${index}`));
  });

  it("refuses a path with a NUL, which no file can have", async () => {
    await expect(shared().writeFile("/tmp/nul\0name", "x")).rejects.toMatchObject({ code: "sandbox/path" });
    await expect(shared().readFile("/tmp/nul\0name")).rejects.toMatchObject({ code: "sandbox/path" });
    await expect(shared().download("/tmp/nul\0name")).rejects.toMatchObject({ code: "sandbox/path" });
    expect((await shared().exec("test -e /tmp/nul")).exitCode).toBe(1);
  });

  it("refuses an empty path and one that is too long", async () => {
    await expect(shared().readFile("")).rejects.toMatchObject({ code: "sandbox/path" });
    await expect(shared().readFile(`/tmp/${"x".repeat(5000)}`)).rejects.toMatchObject({ code: "sandbox/path" });
  });

  when("hasProcesses")("refuses to read what is no file: a pipe, a device", async () => {
    await shared().exec("mkfifo /tmp/pipe");
    for (const path of ["/tmp/pipe", "/dev/zero", "/dev/null"]) {
      await expect(shared().readFile(path)).rejects.toMatchObject({ code: "sandbox/path" });
    }
  });

  when("canSwitchUser")("gives what it writes to the sandbox's user, also where that user may not write", async () => {
    await shared().writeFile("/opt/given/deep/file.txt", "given", { mode: 0o600 });
    await shared().upload(await toTar([{ name: "up.txt", content: Buffer.from("up"), mode: 0o600 }]), { into: "/opt/given/up" });
    const result = await shared().exec("cat /opt/given/deep/file.txt /opt/given/up/up.txt; stat -c %u /opt/given/deep/file.txt; id -u");
    const [content, owner, user] = text(result.stdout).replace("givenup", "givenup\n").split("\n");
    expect([content, owner]).toEqual(["givenup", user]);
  });
}

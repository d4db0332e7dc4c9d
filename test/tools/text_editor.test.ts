import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Sandbox } from "../../src/core/sandbox.ts";
import editor from "../../tools/text_editor.ts";
import { insertLines, linesOf, replaceOnce } from "../../tools/text_editor/edits.ts";
import { refusalOf } from "../../tools/text_editor/text-file.ts";
import { MACHINES } from "./machines.ts";
import { toolBench, type ToolBench } from "./tool-context.ts";

describe.each(MACHINES)("text_editor on $name", ({ start }) => {
  let sandbox: Sandbox;
  let bench: ToolBench;

  beforeAll(async () => void (sandbox = await start()));
  beforeEach(() => void (bench = toolBench(sandbox)));
  afterAll(() => sandbox[Symbol.asyncDispose]());

  const content = async (path: string) => Buffer.from(await sandbox.readFile(path)).toString("utf8");
  const use = async (input: Record<string, unknown>) => {
    const { text, failure } = await bench.use(editor, input);
    return `${failure ? `${failure}: ` : ""}${text.replaceAll(sandbox.workdir, "/work")}`;
  };

  it("shows a file with line numbers, whole or in part", async () => {
    await sandbox.writeFile("a.txt", "one\ntwo\nthree\nfour\n");
    expect(await use({ command: "view", path: "a.txt" })).toBe(
      "/work/a.txt, lines 1 to 4 of 4:\n     1\tone\n     2\ttwo\n     3\tthree\n     4\tfour",
    );
    expect(await use({ command: "view", path: `${sandbox.workdir}/a.txt`, view_range: [2, 3] })).toBe(
      "/work/a.txt, lines 2 to 3 of 4:\n     2\ttwo\n     3\tthree",
    );
    expect(await use({ command: "view", path: "a.txt", view_range: [4, -1] })).toContain("     4\tfour");
    expect(await use({ command: "view", path: "a.txt", view_range: [3, 99] })).toContain("lines 3 to 4 of 4");
    const bad =
      "invalid-input: view_range is [5, 6], but /work/a.txt has 4 lines: give [first, last] with 1 ≤ first ≤ last, or -1 as the last for the end.";
    expect(await use({ command: "view", path: "a.txt", view_range: [5, 6] })).toBe(bad);
    await sandbox.writeFile("empty.txt", "");
    expect(await use({ command: "view", path: "empty.txt" })).toBe("/work/empty.txt is empty.");
  });

  it("lists a folder two levels deep without hidden entries", async () => {
    await sandbox.writeFile("tree/[x]/sub/deep.txt", "");
    await sandbox.writeFile("tree/[x]/.hidden", "");
    await sandbox.writeFile("tree/.git/config", "");
    await sandbox.writeFile("tree/top file.txt", "");
    expect(await use({ command: "view", path: "tree" })).toBe(
      "/work/tree, two levels, without hidden entries:\n/work/tree/[x]/\n/work/tree/[x]/sub/\n/work/tree/top file.txt",
    );
    expect(await use({ command: "view", path: "tree/[x]/sub/" })).toBe(
      "/work/tree/[x]/sub, two levels, without hidden entries:\n/work/tree/[x]/sub/deep.txt",
    );
  });

  it("creates files with their folders, overwrites, and undoes both", async () => {
    expect(await use({ command: "create", path: "new/deep/a.txt", file_text: "first\n" })).toBe("/work/new/deep/a.txt was created.");
    expect(await use({ command: "create", path: "new/deep/a.txt", file_text: "second\n" })).toBe("/work/new/deep/a.txt was overwritten.");
    expect(await content("new/deep/a.txt")).toBe("second\n");
    expect(await use({ command: "undo", path: "new/deep/a.txt" })).toBe("The last edit of /work/new/deep/a.txt was taken back.");
    expect(await content("new/deep/a.txt")).toBe("first\n");
    expect(await use({ command: "undo", path: "new/deep/a.txt" })).toBe(
      "/work/new/deep/a.txt was removed: the edit that was taken back had created it.",
    );
    expect(await use({ command: "undo", path: "new/deep/a.txt" })).toBe("failed: /work/new/deep/a.txt does not exist.");
  });

  it("replaces a text that occurs once and shows the lines around it", async () => {
    await sandbox.writeFile("code.py", "def f():\n    return 1\n\ndef g():\n    return 2\n");
    expect(await use({ command: "str_replace", path: "code.py", old_str: "    return 2", new_str: "    x = '$&'\n    return x" })).toBe(
      "/work/code.py was edited. Around the change:\n     1\tdef f():\n     2\t    return 1\n     3\t\n     4\tdef g():\n     5\t    x = '$&'\n     6\t    return x",
    );
    await use({ command: "str_replace", path: "code.py", old_str: "    x = '$&'\n" });
    expect(await content("code.py")).toBe("def f():\n    return 1\n\ndef g():\n    return x\n");
  });

  it("says how often and where a text occurs that is not unique, and what to compare where it does not", async () => {
    await sandbox.writeFile("many.txt", "x\ny\nx\n  key: 1\nx\n");
    expect(await use({ command: "str_replace", path: "many.txt", old_str: "x", new_str: "z" })).toBe(
      "failed: old_str occurs 3 times in /work/many.txt, at lines 1, 3, 5; nothing was changed. Add surrounding lines to old_str so that it occurs once.",
    );
    expect(await use({ command: "str_replace", path: "many.txt", old_str: "\tkey: 1", new_str: "z" })).toBe(
      "failed: No match for old_str in /work/many.txt; nothing was changed. Its first line occurs at line 4: compare spaces, tabs and the lines that follow.",
    );
    expect(await use({ command: "str_replace", path: "many.txt", old_str: "absent" })).toContain("View the file and copy the text exactly");
    expect(await content("many.txt")).toBe("x\ny\nx\n  key: 1\nx\n");
  });

  it("inserts lines at the beginning, in the middle and at the end", async () => {
    await sandbox.writeFile("list.txt", "b\nd");
    await use({ command: "insert", path: "list.txt", insert_line: 0, insert_text: "a" });
    await use({ command: "insert", path: "list.txt", insert_line: 2, insert_text: "c1\nc2\n" });
    expect(await content("list.txt")).toBe("a\nb\nc1\nc2\nd");
    await use({ command: "insert", path: "list.txt", insert_line: 5, insert_text: "e" });
    expect(await content("list.txt")).toBe("a\nb\nc1\nc2\nd\ne\n");
    expect(await use({ command: "insert", path: "list.txt", insert_line: 9, insert_text: "e" })).toBe(
      "invalid-input: insert_line is 9, but /work/list.txt has 6 lines: give 0 to 6.",
    );
  });

  it("keeps a file's mode, line ends and byte order mark", async () => {
    await sandbox.writeFile("run.sh", "\uFEFFone\r\ntwo\r\n", { mode: 0o750 });
    await use({ command: "str_replace", path: "run.sh", old_str: "one\ntwo", new_str: "1\n2" });
    await use({ command: "insert", path: "run.sh", insert_line: 2, insert_text: "3\r\n4" });
    expect(await content("run.sh")).toBe("\uFEFF1\r\n2\r\n3\r\n4\r\n");
    expect(Buffer.from((await sandbox.exec("stat -c %a run.sh")).stdout).toString()).toBe("750\n");
  });

  it("edits the file that a link leads to, and the link stays one", async () => {
    await sandbox.writeFile("target.txt", "old\n");
    await sandbox.exec("ln -s target.txt link.txt");
    await use({ command: "str_replace", path: "link.txt", old_str: "old", new_str: "new" });
    expect([await content("target.txt"), (await sandbox.exec("[ -L link.txt ]")).exitCode]).toEqual(["new\n", 0]);
  });

  it("refuses to undo over a change that something else made", async () => {
    await use({ command: "create", path: "shared.txt", file_text: "mine\n" });
    await sandbox.exec("echo theirs >> shared.txt");
    expect(await use({ command: "undo", path: "shared.txt" })).toContain("failed: /work/shared.txt was changed by something else");
    await sandbox.writeFile("foreign.txt", "x");
    expect(await use({ command: "undo", path: "foreign.txt" })).toBe("failed: There is no edit of /work/foreign.txt to take back.");
  });

  it("refuses binary files, folders, missing files and incomplete calls", async () => {
    await sandbox.writeFile("image.bin", Uint8Array.of(0x89, 0x50, 0xff));
    await sandbox.writeFile("nul.txt", "a\0b");
    const notText = "is not a UTF-8 text file; look at it with a command instead.";
    expect(await use({ command: "view", path: "image.bin" })).toBe(`failed: /work/image.bin ${notText}`);
    expect(await use({ command: "str_replace", path: "nul.txt", old_str: "a", new_str: "b" })).toBe(`failed: /work/nul.txt ${notText}`);
    expect(await use({ command: "create", path: ".", file_text: "" })).toBe("failed: /work is a folder, not a file.");
    expect(await use({ command: "view", path: "no/such.txt" })).toBe("failed: /work/no/such.txt does not exist.");
    expect(await use({ command: "insert", path: "image.bin", insert_line: 1 })).toBe(
      "invalid-input: The command insert needs insert_text.",
    );
    expect(await use({ command: "str_replace", path: "image.bin" })).toBe("invalid-input: The command str_replace needs old_str.");
  });
});

it("says denied where the sandbox's user may not read or write", () => {
  const state = { kind: "file", path: "/etc/shadow", mode: "600", isReadable: false, isWritable: false } as const;
  expect(refusalOf(state, "/etc/shadow", "view")).toEqual({ failure: "denied", text: "/etc/shadow cannot be read: permission denied." });
  expect(refusalOf({ ...state, isReadable: true }, "/etc/shadow", "edit")).toEqual({
    failure: "denied",
    text: "/etc/shadow cannot be written: permission denied.",
  });
  expect(refusalOf({ ...state, kind: "missing", mode: "" }, "/new", "create")?.failure).toBe("denied");
  expect(refusalOf({ ...state, kind: "other" }, "/dev/null", "view")?.text).toBe("/dev/null is neither a file nor a folder.");
});

const text = fc.array(fc.constantFrom("a", "b", "\n", " ", "$&", "é"), { maxLength: 30 }).map((parts) => parts.join(""));

it("replaces exactly the one match, whatever the text", () => {
  fc.assert(
    fc.property(text, text, text, text, (before, old, replacement, after) => {
      const whole = before + old + after;
      const edited = replaceOnce(whole, old, replacement, "f");
      const isUnique = old !== "" && whole.indexOf(old) === whole.lastIndexOf(old);
      expect("text" in edited ? edited.text : undefined).toBe(isUnique && old !== replacement ? before + replacement + after : undefined);
    }),
  );
});

it("inserts whole lines and leaves all others as they were", () => {
  fc.assert(
    fc.property(text, text, fc.nat(40), (whole, inserted, line) => {
      const lines = linesOf(whole);
      fc.pre(line <= lines.length);
      const edited = insertLines(whole, line, inserted, "f");
      const added = linesOf(inserted.endsWith("\n") ? inserted : `${inserted}\n`);
      expect("text" in edited ? linesOf(edited.text) : undefined).toEqual(lines.toSpliced(line, 0, ...added));
    }),
  );
});

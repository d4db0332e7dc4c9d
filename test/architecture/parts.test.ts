/** A part is one file in one folder: found by its name, loaded when it is used. */
import { readdir, readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { PAGES, type PartKind } from "../../src/run/part-kinds.ts";
import { loadPart, namesOf } from "../../src/run/registry.ts";

const FOLDERS: Record<PartKind, string> = {
  task: "tasks",
  suite: "tasks/suites",
  tool: "tools",
  sandbox: "sandboxes",
  scaffold: "src/scaffolds",
  provider: "src/models/providers",
  harness: "src/run/harnesses",
  judge: "src/scoring/judges",
};

describe.each(Object.entries(FOLDERS) as [PartKind, string][])("each %s in %s/", (kind, folder) => {
  test("is found: a file of the folder, or, for a task, a folder", async () => {
    const entries = await readdir(new URL(`../../${folder}/`, import.meta.url), { withFileTypes: true });
    const expected = entries.flatMap((entry) => {
      if (entry.isFile() && entry.name.endsWith(".ts")) return [entry.name.slice(0, -3)];
      return kind === "task" && entry.isDirectory() && entry.name !== "suites" ? [entry.name] : [];
    });
    expect(await namesOf(kind)).toEqual(expected.toSorted());
  });

  test("has a page that shows one of a user's own, where errors send people", async () => {
    const [page = "", anchor] = PAGES[kind].split("#");
    const text = await readFile(new URL(`../../${page}`, import.meta.url), "utf8");
    const headings = text.split("\n").filter((line) => line.startsWith("## "));
    expect(headings.map((heading) => heading.slice(3).toLowerCase().replaceAll(" ", "-"))).toContain(anchor);
  });

  test("loads, is named as its file, and its first line says what it is", async () => {
    for (const name of await namesOf(kind)) {
      const part = await loadPart(kind, name);
      expect(part.name).toBe(name);
      expect(part.description.split("\n")[0]).toMatch(/^[A-Za-z].{9,}[.:)]$/);
    }
  });
});

/** Dependencies point one way. Each rule of the linter is tried: a file that breaks it is put into a copy of the tree, and must be refused. */
import { copyFile, mkdir, mkdtempDisposable, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { describe, expect, test } from "vitest";

const root = fileURLToPath(new URL("../../", import.meta.url));

/** Folders of src/ with those that they may import. */
const ALLOWED: Record<string, readonly string[]> = {
  core: [],
  models: ["core"],
  scaffolds: ["core"],
  scoring: ["core"],
  data: ["core"],
  store: ["core", "models", "scaffolds", "scoring", "data"],
  run: ["core", "models", "scaffolds", "scoring", "data", "store"],
  analysis: ["core", "models", "scaffolds", "scoring", "data", "store", "run"],
  viewer: ["core", "models", "scaffolds", "scoring", "data", "store", "run", "analysis"],
  cli: ["core", "models", "scaffolds", "scoring", "data", "store", "run", "analysis", "viewer"],
};

/** What the linter says about files of these contents. */
async function lint(files: Record<string, string>): Promise<{ path: string; rule: string; message: string }[]> {
  await using folder = await mkdtempDisposable(join(tmpdir(), "assay-lint-"));
  await copyFile(join(root, ".oxlintrc.json"), join(folder.path, ".oxlintrc.json"));
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder.path, path)), { recursive: true });
    await writeFile(join(folder.path, path), text);
  }
  const { stdout } = await execa(join(root, "node_modules/.bin/oxlint"), ["--format", "json"], { cwd: folder.path, reject: false });
  const { diagnostics } = JSON.parse(stdout) as { diagnostics: { filename: string; code: string; message: string; help?: string }[] };
  return diagnostics.map(({ filename, code, message, help }) => ({ path: filename, rule: code, message: `${message} ${help ?? ""}` }));
}

const importing = (path: string) => `import { part } from "${path}";\n\nexport const used = part;\n`;

describe("the import rules", () => {
  const folders = Object.keys(ALLOWED);
  const pairs = folders.flatMap((from) =>
    folders.filter((to) => to !== from).map((to) => ({ from, to, isAllowed: ALLOWED[from]?.includes(to) ?? false })),
  );
  const outside = folders.flatMap((from) =>
    ["tasks", "tools", "sandboxes", "test", "bench", "scripts"].map((to) => ({ from, to: `../${to}`, isAllowed: false })),
  );

  test("refuse every import between folders of src that is not allowed, and no other", async () => {
    const all = [...pairs, ...outside];
    const files = Object.fromEntries(
      all.flatMap(({ from, to }, n) =>
        [1, 2].map((depth) => [`src/${from}/${"deep/".repeat(depth - 1)}file-${n}.ts`, importing(`${"../".repeat(depth)}${to}/part.ts`)]),
      ),
    );
    const refused = new Set((await lint(files)).filter(({ rule }) => rule.includes("no-restricted-imports")).map(({ path }) => path));
    const expected = all.flatMap(({ from, isAllowed }, n) =>
      isAllowed ? [] : [`src/${from}/file-${n}.ts`, `src/${from}/deep/file-${n}.ts`],
    );
    expect([...refused].toSorted()).toEqual(expected.toSorted());
  });

  test("refuse a kind of judge in what all kinds share, and not the other way round", async () => {
    const refused = await lint({
      "src/scoring/judging/bad.ts": importing("../judges/part.ts"),
      "src/scoring/judging/deep/bad.ts": importing("../../judges/part.ts"),
      "src/scoring/judging/bad-folder.ts": importing("../../run/part.ts"),
      "src/scoring/judging/good.ts": importing("../statistics/judged/part.ts"),
      "src/scoring/judges/good.ts": importing("../judging/part.ts"),
    });
    expect(
      refused
        .filter(({ rule }) => rule.includes("no-restricted-imports"))
        .map(({ path }) => path)
        .toSorted(),
    ).toEqual(["src/scoring/judging/bad-folder.ts", "src/scoring/judging/bad.ts", "src/scoring/judging/deep/bad.ts"]);
  });

  test("refuse the public API inside of src, by path or by the package's name, and imports that are made when they are needed", async () => {
    const files = Object.fromEntries(
      folders.flatMap((from) => [
        [`src/${from}/by-path.ts`, importing("../index.ts")],
        [`src/${from}/by-name.ts`, importing("assay")],
        [`src/${from}/later.ts`, `export const later = () => import("../../tools/part.ts");\n`],
      ]),
    );
    const refused = (await lint(files)).filter(({ rule }) => rule.includes("no-restricted-imports")).map(({ path }) => path);
    expect(refused.toSorted()).toEqual(Object.keys(files).toSorted());
  });

  test("let the public API offer contracts and scoring, and nothing that runs or stores", async () => {
    const offer = async (path: string) => {
      const found = await lint({ "src/index.ts": `export { part } from "${path}";\n` });
      return found.every(({ rule }) => !rule.includes("no-restricted-imports"));
    };
    for (const path of ["./core/part.ts", "./scoring/extract/part.ts", "./data/part.ts"]) expect(await offer(path)).toBe(true);
    for (const path of ["./run/part.ts", "./cli/part.ts", "./models/part.ts", "./store/run-folder.ts", "../tools/part.ts"])
      expect(await offer(path)).toBe(false);
  });

  test("let tasks, tools and sandboxes import the public API and their own parts, as a user's file would", async () => {
    const files: Record<string, string> = {};
    for (const kind of ["tasks", "tools", "sandboxes"]) {
      files[`${kind}/good.ts`] = importing("../src/index.ts");
      files[`${kind}/mine/good.ts`] = importing("../../src/index.ts");
      files[`${kind}/mine/own.ts`] = importing("./part.ts");
      files[`${kind}/bad.ts`] = importing("../src/core/errors.ts");
      files[`${kind}/mine/bad.ts`] = importing("../../src/run/run.ts");
      files[`${kind}/mine/bad-test.ts`] = importing("../../test/part.ts");
      files[`${kind}/mine/bad-name.ts`] = importing("assay");
      files[`${kind}/mine/bad-neighbour.ts`] = importing(`../../${kind === "tools" ? "sandboxes" : "tools"}/part.ts`);
    }
    const refused = (await lint(files)).filter(({ rule }) => rule.includes("no-restricted-imports"));
    expect(refused.map(({ path }) => path).toSorted()).toEqual(
      Object.keys(files)
        .filter((path) => path.includes("bad"))
        .toSorted(),
    );
    expect(refused[0]?.message).toContain("use the public API");
  });

  test("refuse modules that import each other in a circle", async () => {
    const files = {
      "src/run/a.ts": 'import { b } from "./b.ts";\n\nexport const a = () => b;\n',
      "src/run/b.ts": 'import { a } from "./a.ts";\n\nexport const b = () => a;\n',
    };
    expect((await lint(files)).some(({ rule }) => rule.includes("no-cycle"))).toBe(true);
  });
});

test("a file of more than 300 lines and the type any are refused", async () => {
  const files = { "src/run/long.ts": `${"// a line\n".repeat(301)}export const x = 1;\n`, "src/run/any.ts": "export const x: any = 1;\n" };
  const rules = (await lint(files)).map(({ path, rule }) => `${path} ${rule}`);
  expect(rules).toEqual(
    expect.arrayContaining([expect.stringMatching(/long\.ts .*max-lines/), expect.stringMatching(/any\.ts .*no-explicit-any/)]),
  );
});

test("the linter looks at every folder that holds code", async () => {
  const { ignorePatterns } = JSON.parse(await readFile(join(root, ".oxlintrc.json"), "utf8")) as { ignorePatterns: string[] };
  expect(ignorePatterns).toEqual(["dist", "node_modules", "tasks/basics/instances/**"]);
});

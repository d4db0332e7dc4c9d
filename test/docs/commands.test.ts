/** The shell blocks of the pages run as they stand, with the files that the pages show, unless they say what they need. */
import { chmod, mkdir, mkdtempDisposable, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { describe, expect, test } from "vitest";
import { commandLines } from "../../scripts/docs/commands.ts";
import { fencesOf, pagePaths, pageText } from "../../scripts/docs/fences.ts";

const bin = fileURLToPath(new URL("../../bin/assay.js", import.meta.url));
const fences = pagePaths().flatMap((page) => fencesOf(page, pageText(page)));
const runnable = fences.filter((fence) => commandLines(fence).length > 0 && fence.needs === undefined);

/** A folder with every file that a page shows and a command `assay` that is this checkout's. */
async function readersFolder() {
  const folder = await mkdtempDisposable(join(tmpdir(), "assay-reader-"));
  for (const { file, text } of fences) {
    if (file === undefined) continue;
    await mkdir(dirname(join(folder.path, file)), { recursive: true });
    await writeFile(join(folder.path, file), text);
  }
  await mkdir(join(folder.path, ".bin"));
  await writeFile(join(folder.path, ".bin/assay"), `#!/bin/sh\nexec "${process.execPath}" "${bin}" "$@"\n`);
  await chmod(join(folder.path, ".bin/assay"), 0o755);
  return folder;
}

describe.each(
  Map.groupBy(runnable, ({ page }) => page)
    .entries()
    .toArray(),
)("%s", (_page, blocks) => {
  for (const block of blocks) {
    test(`line ${block.line}: ${block.text.split("\n")[0]}`, { timeout: 180_000 }, async () => {
      await using folder = await readersFolder();
      const env = { PATH: `${join(folder.path, ".bin")}${delimiter}${process.env["PATH"]}` };
      const { exitCode, stderr } = await execa("sh", ["-e", "-c", block.text], { cwd: folder.path, env, reject: false });
      expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
    });
  }
});

test("no two pages show different files of the same name", () => {
  const shown = Map.groupBy(
    fences.filter(({ file }) => file !== undefined),
    ({ file }) => file,
  );
  expect([...shown].filter(([, blocks]) => new Set(blocks.map(({ text }) => text)).size > 1).map(([file]) => file)).toEqual([]);
});

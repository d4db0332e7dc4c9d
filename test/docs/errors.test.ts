import { glob, readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { errorsPage } from "../../scripts/generate-errors.ts";
import { ERROR_CODES } from "../../src/index.ts";

const root = new URL("../../", import.meta.url);

test("docs/errors.md is what the table of codes makes (node scripts/generate-errors.ts)", async () => {
  expect(await readFile(new URL("docs/errors.md", root), "utf8")).toBe(errorsPage());
});

test("every code of the table is used, outside of the table", async () => {
  const sources: string[] = [];
  for await (const path of glob("{src,sandboxes,tools,tasks}/**/*.ts", { cwd: fileURLToPath(root) })) {
    if (path !== "src/core/errors.ts") sources.push(await readFile(new URL(path, root), "utf8"));
  }
  const text = sources.join("\n");
  expect(Object.keys(ERROR_CODES).filter((code) => !text.includes(`"${code}"`))).toEqual([]);
});

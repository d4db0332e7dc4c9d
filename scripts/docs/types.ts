/** Type-checks the TypeScript blocks of the pages as a user's own files would be, with `assay` being src/index.ts. */
import { execFile } from "node:child_process";
import { mkdir, mkdtempDisposable, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Fence } from "./fences.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));

/** What the compiler says about the blocks, with the page and line that each complaint is about. */
export async function typeErrors(fences: readonly Fence[]): Promise<string[]> {
  const blocks = fences.filter(({ language }) => language === "ts");
  if (blocks.length === 0) return [];
  // Inside node_modules, so that the blocks find the packages that they import.
  const cache = join(root, "node_modules/.cache");
  await mkdir(cache, { recursive: true });
  await using folder = await mkdtempDisposable(join(cache, "assay-docs-"));
  const files = new Map<string, Fence>();
  for (const [index, fence] of blocks.entries()) {
    // One folder a page: its blocks import each other by the names they are shown with.
    const path = join(fence.page.replaceAll(/\W+/g, "-"), fence.file ?? `block-${index}.ts`);
    files.set(path, fence);
    await mkdir(join(folder.path, path, ".."), { recursive: true });
    await writeFile(join(folder.path, path), fence.text);
  }
  await writeFile(join(folder.path, "package.json"), '{ "type": "module" }');
  const compilerOptions = {
    noEmit: true,
    paths: {
      assay: [join(root, "src/index.ts")],
      "assay/sandboxes/*": [join(root, "sandboxes/*.ts")],
      "assay/sandbox-contract": [join(root, "test/sandboxes/contract.ts")],
    },
    types: ["node"],
    moduleDetection: "force",
  };
  await writeFile(
    join(folder.path, "tsconfig.json"),
    JSON.stringify({ extends: join(root, "tsconfig.json"), compilerOptions, files: [...files.keys()], include: [], exclude: [] }),
  );
  return (await compile(folder.path)).map((line) => located(line, files));
}

function compile(folder: string): Promise<string[]> {
  const arguments_ = [join(root, "node_modules/typescript/bin/tsc"), "-p", "tsconfig.json", "--pretty", "false"];
  return new Promise((resolve) => {
    execFile(process.execPath, arguments_, { cwd: folder }, (error, stdout) => resolve(error === null ? [] : stdout.trim().split("\n")));
  });
}

function located(line: string, files: ReadonlyMap<string, Fence>): string {
  return line.replace(/^(.+?)\((\d+),(\d+)\)/, (all, path: string, row: string) => {
    const fence = files.get(path);
    return fence ? `${fence.page}:${fence.line + Number(row)}` : all;
  });
}

import { mkdtempDisposable, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { expect, it } from "vitest";

it("runs the tool that docs/tools.md shows, from a foreign folder", async () => {
  const page = await readFile(new URL("../../docs/tools.md", import.meta.url), "utf8");
  const source = /```ts file=count-lines\.ts\n(.*?)```/s.exec(page)?.[1] ?? "";
  expect(source.trim().split("\n").length).toBeLessThanOrEqual(15);
  await using folder = await mkdtempDisposable(join(tmpdir(), "assay-own-tool-"));
  await writeFile(join(folder.path, "count-lines.ts"), source);

  const script = fileURLToPath(new URL("../fixtures/use-own-tool.ts", import.meta.url));
  const use = async (input: object) => {
    const { stdout } = await execa(process.execPath, [script, "count-lines.ts", JSON.stringify(input)], { cwd: folder.path });
    return JSON.parse(stdout) as unknown;
  };
  expect(await use({ path: "three.txt" })).toEqual({ text: "3 three.txt\n[exit code 0]" });
  expect(await use({ path: "/etc/passwd" })).toEqual({ failure: "denied", text: "Only files of the work folder can be counted." });
});

import { mkdtempDisposable, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { expect, test } from "vitest";

test(
  "the task that docs/tasks.md shows runs from a foreign folder: the oracle is right, doing nothing is wrong",
  { timeout: 60_000 },
  async () => {
    const page = await readFile(new URL("../../docs/tasks.md", import.meta.url), "utf8");
    const source = /```ts file=my-task\.ts\n(.*?)```/s.exec(page)?.[1] ?? "";
    expect(source.trim().split("\n").length).toBeLessThanOrEqual(15);
    await using folder = await mkdtempDisposable(join(tmpdir(), "assay-own-task-"));
    await writeFile(join(folder.path, "my-task.ts"), source);

    const assay = fileURLToPath(new URL("../../bin/assay.js", import.meta.url));
    const accuracyOf = async (model: string) => {
      const { stdout } = await execa(process.execPath, [assay, "run", "-m", model, "-t", "./my-task.ts", "--json"], { cwd: folder.path });
      return (JSON.parse(stdout) as { runs: { tasks: { metrics: Record<string, { value: number }> }[] }[] }).runs[0]?.tasks[0]?.metrics[
        "accuracy"
      ]?.value;
    };
    expect(await accuracyOf("mock/oracle")).toBe(1);
    expect(await accuracyOf("mock/noop")).toBe(0);
  },
);

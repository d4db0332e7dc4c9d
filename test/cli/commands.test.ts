/** A command is one file in src/cli/commands/, found by its name. */
import { readdir } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { commandNames, outlineOf, wholeCommand } from "../../src/cli/command-files.ts";
import { optionWords, runOptionsSchema } from "../../src/run/options.ts";

const names = await commandNames();

test("every file of the folder is a command", async () => {
  const files = await readdir(new URL("../../src/cli/commands/", import.meta.url));
  expect(names).toEqual(files.map((file) => file.replace(/\.ts$/, "")).toSorted());
});

describe.each(names)("%s", (name) => {
  test("is named as its file and says what it does, whole or in the list of commands", async () => {
    const [outline, whole] = await Promise.all([outlineOf(name), wholeCommand(name)]);
    expect(outline.name()).toBe(name);
    expect(outline.description()).toMatch(/^[A-Z].{9,}\.$/);
    expect(whole.usage()).toBe(outline.usage());
  });
});

test("each option of a run's schema is one of assay run, under the schema's name and with its words", async () => {
  const { options } = await wholeCommand("run");
  for (const [key, schema] of Object.entries(runOptionsSchema.shape)) {
    const option = options.find((candidate) => candidate.attributeName() === key);
    const words = optionWords.get(schema);
    expect({ key, flags: option?.flags }).toEqual({ key, flags: words?.flags ?? "-H, --harness <name>" });
    if (words) expect(option?.description).toBe(words.description);
  }
});

test("values are read as what the schema keeps: lists, numbers, and times in milliseconds", async () => {
  const command = await wholeCommand("run");
  const words = "-m mock/oracle -t a -t b -n 3 --seed -2 --max-cost 0.5 --max-time 1.5m -o x=1";
  await command.action(() => undefined).parseAsync(words.split(" "), { from: "user" });
  expect(command.opts()).toEqual({
    model: "mock/oracle",
    specs: ["a", "b"],
    harness: [],
    limit: 3,
    seed: -2,
    maxCostUsd: 0.5,
    maxTimeMs: 90_000,
    overrides: ["x=1"],
    retries: 1,
    out: "runs",
  });
});

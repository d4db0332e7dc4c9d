import { mkdtempDisposable, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { costUsd, LIST_PRICES, loadPrices, priceOf } from "../../src/models/prices.ts";

const usage = { inputTokens: 1_000_000, outputTokens: 1_000_000, cachedInputTokens: 0, reasoningTokens: null };

test("a model's dated versions have its price, its siblings do not", () => {
  expect(priceOf(LIST_PRICES, "openai/gpt-4o-2024-08-06")).toEqual(priceOf(LIST_PRICES, "openai/gpt-4o"));
  expect(priceOf(LIST_PRICES, "anthropic/claude-haiku-4-5-20251001")).toEqual({ input: 1, cachedInput: 0.1, output: 5 });
  expect(priceOf(LIST_PRICES, "openai/gpt-4o-2024-05-13")).toEqual({ input: 5, output: 15 });
  for (const unknown of ["openai/gpt-5-pro", "openai/gpt-5.9", "openai-compatible/gpt-4o", "anthropic/claude-opus-4-9"])
    expect(priceOf(LIST_PRICES, unknown)).toBeNull();
});

test("the longest entry wins, and a star stands for any rest", () => {
  const table = { "x/*": { input: 1, output: 1 }, "x/big*": { input: 2, output: 2 }, "x/big-1": { input: 3, output: 3 } };
  expect(["x/small", "x/big-2", "x/big-1", "y/big-1"].map((model) => priceOf(table, model)?.input)).toEqual([1, 2, 3, undefined]);
});

test("a cost that needs an unknown number is unknown, never zero", () => {
  const price = { input: 2, output: 8 };
  expect(costUsd(price, usage)).toBe(10);
  expect(costUsd({ ...price, cachedInput: 1 }, { ...usage, cachedInputTokens: 500_000 })).toBe(9.5);
  expect(costUsd(null, usage)).toBeNull();
  expect(costUsd(price, { ...usage, outputTokens: null })).toBeNull();
  expect(costUsd(price, { ...usage, cachedInputTokens: 1 })).toBeNull();
});

test("a file of prices extends and changes the list", async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), "prices-"));
  const path = join(folder.path, "prices.yaml");
  await writeFile(path, "openai-compatible/mine: { input: 0.1, output: 0.2 }\nopenai/gpt-4o: { input: 1, output: 2 }\n");
  const prices = await loadPrices(path);
  expect([priceOf(prices, "openai-compatible/mine"), priceOf(prices, "openai/gpt-4o"), priceOf(prices, "openai/o3")]).toEqual([
    { input: 0.1, output: 0.2 },
    { input: 1, output: 2 },
    LIST_PRICES["openai/o3"],
  ]);
  await writeFile(path, '{"openai/gpt-4o": {"input": 1, "ouput": 2}}');
  await expect(loadPrices(path)).rejects.toMatchObject({ code: "config/invalid", message: expect.stringContaining("openai/gpt-4o") });
  await expect(loadPrices(join(folder.path, "none.json"))).rejects.toMatchObject({ code: "config/not-loadable" });
});

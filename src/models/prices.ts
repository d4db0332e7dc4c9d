/** What calls cost. An unknown price is null, never 0. */
import { readFile } from "node:fs/promises";
import { z } from "zod";
import { AssayError } from "../core/errors.ts";
import type { Usage } from "../core/model.ts";

const usd = z.number().min(0);

const priceTableSchema = z.record(
  z
    .string()
    .describe("provider/model; a trailing * stands for any rest, without it only a date, a three-digit version or -latest may follow"),
  z.strictObject({ input: usd, cachedInput: usd.optional(), output: usd }).describe("US dollars per million tokens"),
);

export type PriceTable = z.output<typeof priceTableSchema>;
export type Price = PriceTable[string];

/** List prices of well-known models, US dollars per million tokens. Models whose price depends on the prompt's length are left out. */
export const LIST_PRICES: PriceTable = {
  "openai/gpt-3.5-turbo": { input: 0.5, output: 1.5 },
  "openai/gpt-4-turbo": { input: 10, output: 30 },
  "openai/gpt-4o": { input: 2.5, cachedInput: 1.25, output: 10 },
  "openai/gpt-4o-2024-05-13": { input: 5, output: 15 },
  "openai/gpt-4o-mini": { input: 0.15, cachedInput: 0.075, output: 0.6 },
  "openai/gpt-4.1": { input: 2, cachedInput: 0.5, output: 8 },
  "openai/gpt-4.1-mini": { input: 0.4, cachedInput: 0.1, output: 1.6 },
  "openai/gpt-4.1-nano": { input: 0.1, cachedInput: 0.025, output: 0.4 },
  "openai/gpt-5": { input: 1.25, cachedInput: 0.125, output: 10 },
  "openai/gpt-5-mini": { input: 0.25, cachedInput: 0.025, output: 2 },
  "openai/gpt-5-nano": { input: 0.05, cachedInput: 0.005, output: 0.4 },
  "openai/o1": { input: 15, cachedInput: 7.5, output: 60 },
  "openai/o3": { input: 2, cachedInput: 0.5, output: 8 },
  "openai/o3-mini": { input: 1.1, cachedInput: 0.55, output: 4.4 },
  "openai/o4-mini": { input: 1.1, cachedInput: 0.275, output: 4.4 },
  "anthropic/claude-3-haiku": { input: 0.25, cachedInput: 0.03, output: 1.25 },
  "anthropic/claude-3-opus": { input: 15, cachedInput: 1.5, output: 75 },
  "anthropic/claude-3-5-haiku": { input: 0.8, cachedInput: 0.08, output: 4 },
  "anthropic/claude-3-5-sonnet": { input: 3, cachedInput: 0.3, output: 15 },
  "anthropic/claude-3-7-sonnet": { input: 3, cachedInput: 0.3, output: 15 },
  "anthropic/claude-haiku-4-5": { input: 1, cachedInput: 0.1, output: 5 },
  "anthropic/claude-opus-4": { input: 15, cachedInput: 1.5, output: 75 },
  "anthropic/claude-opus-4-1": { input: 15, cachedInput: 1.5, output: 75 },
  "anthropic/claude-opus-4-5": { input: 5, cachedInput: 0.5, output: 25 },
  "google/gemini-2.0-flash": { input: 0.1, cachedInput: 0.025, output: 0.4 },
  "google/gemini-2.0-flash-lite": { input: 0.075, output: 0.3 },
  "google/gemini-2.5-flash": { input: 0.3, output: 2.5 },
  "google/gemini-2.5-flash-lite": { input: 0.1, output: 0.4 },
};

const VERSION_SUFFIX = /^(?:-\d{4}-\d{2}-\d{2}|-\d{8}|-\d{3}|-latest)?$/;

/** The price of `provider/model`: the longest entry that matches it. */
export function priceOf(table: PriceTable, model: string): Price | null {
  let best: string | undefined;
  for (const entry of Object.keys(table)) if (isMatch(entry, model) && (best === undefined || entry.length > best.length)) best = entry;
  return best === undefined ? null : (table[best] ?? null);
}

function isMatch(entry: string, model: string): boolean {
  if (entry.endsWith("*")) return model.startsWith(entry.slice(0, -1));
  return model.startsWith(entry) && VERSION_SUFFIX.test(model.slice(entry.length));
}

const TOKENS_PER_PRICE = 1_000_000;

/** US dollars; null where the price or a token count it needs is unknown. */
export function costUsd(price: Price | null, usage: Usage): number | null {
  if (!price || usage.inputTokens === null || usage.outputTokens === null) return null;
  const cached = usage.cachedInputTokens ?? 0;
  if (cached > 0 && price.cachedInput === undefined) return null;
  return (
    ((usage.inputTokens - cached) * price.input + cached * (price.cachedInput ?? 0) + usage.outputTokens * price.output) / TOKENS_PER_PRICE
  );
}

/** The list prices, changed and extended by a JSON or YAML file of the same form. Throws `config/invalid` or `config/not-loadable`. */
export async function loadPrices(path: string | undefined): Promise<PriceTable> {
  if (path === undefined || path === "") return LIST_PRICES;
  const parsed = priceTableSchema.safeParse(await readTable(path));
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new AssayError(
      "config/invalid",
      `ASSAY_PRICES=${path}: ${issue?.path.join(" → ") ?? ""}: ${issue?.message ?? "does not match"}.`,
      { hint: 'Write entries such as "openai/gpt-4o": { "input": 2.5, "cachedInput": 1.25, "output": 10 }.' },
    );
  }
  return { ...LIST_PRICES, ...parsed.data };
}

async function readTable(path: string): Promise<unknown> {
  const { parse } = await import("yaml");
  try {
    return parse(await readFile(path, "utf8"));
  } catch (cause) {
    throw new AssayError(
      "config/not-loadable",
      `ASSAY_PRICES=${path} cannot be read: ${cause instanceof Error ? cause.message.split("\n")[0] : String(cause)}`,
      { hint: "Give a JSON or YAML file of prices, or unset ASSAY_PRICES.", cause },
    );
  }
}

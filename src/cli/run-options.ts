/** From the words of a command line to checked options. */
import { AssayError } from "../core/errors.ts";
import { runOptionsSchema, type RunOptions } from "../run/options.ts";
import type { RunFlags } from "./run.ts";

/** Options of a fresh run. Throws `usage/bad-option` naming the option and the value received. */
export function runOptionsOf(flags: RunFlags): RunOptions {
  if (!flags.model) throw new AssayError("usage/bad-option", "No model was given.", { hint: "Add -m MODEL, for example -m mock/oracle." });
  if (flags.task.length === 0)
    throw new AssayError("usage/bad-option", "No task was given.", {
      hint: "Add -t TASK, for example -t basics. See them with: assay list tasks",
    });
  const given = {
    model: flags.model,
    specs: flags.task,
    sandbox: flags.sandbox,
    limit: numberOf("-n", flags.limit),
    sample: numberOf("--sample", flags.sample),
    instances: flags.instance,
    epochs: numberOf("--epochs", flags.epochs),
    seed: numberOf("--seed", flags.seed) ?? 0,
    concurrency: numberOf("--concurrency", flags.concurrency),
    overrides: flags.override,
    retries: numberOf("--retries", flags.retries),
    maxCostUsd: numberOf("--max-cost", flags.maxCost),
    maxTokens: numberOf("--max-tokens", flags.maxTokens),
    maxTimeMs: flags.maxTime === undefined ? undefined : durationMs("--max-time", flags.maxTime),
  };
  const parsed = runOptionsSchema.safeParse(Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)));
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const key = String(issue?.path[0]);
  const value: unknown = Reflect.get(given, key);
  const expected = issue?.message.replace(/^(?:Invalid input|Too small|Too big): /, "") ?? "not a value it takes";
  throw new AssayError("usage/bad-option", `${OPTION_NAMES[key] ?? key} ${String(value)}: ${expected}.`, { hint: "See: assay run --help" });
}

const OPTION_NAMES: Record<string, string> = {
  limit: "-n",
  sample: "--sample",
  epochs: "--epochs",
  seed: "--seed",
  concurrency: "--concurrency",
  retries: "--retries",
  maxCostUsd: "--max-cost",
  maxTokens: "--max-tokens",
  maxTimeMs: "--max-time",
};

export function numberOf(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (text.trim() !== "" && Number.isFinite(value)) return value;
  throw new AssayError("usage/bad-option", `${option} ${text}: expected a number.`, { hint: "See: assay run --help" });
}

const UNIT_MS: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** `90s`, `30m`, `2h`, `500ms`; a bare number is seconds. In milliseconds. */
function durationMs(option: string, text: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(text.trim());
  if (!match) throw new AssayError("usage/bad-option", `${option} ${text}: expected a time such as 90s, 30m or 2h.`);
  return Math.round(Number(match[1]) * (UNIT_MS[match[2] ?? "s"] ?? 1000));
}

/** Whether so many trials in error still leave exit code 0: `--allow-errors N` or `P%`; none by default. */
export function allowsErrors(text: string | undefined, errors: number, planned: number): boolean {
  if (text === undefined) return errors === 0;
  const match = /^(\d+(?:\.\d+)?)(%?)$/.exec(text);
  if (!match) throw new AssayError("usage/bad-option", `--allow-errors ${text}: expected a number or a percentage.`);
  const allowed = match[2] ? (Number(match[1]) / 100) * planned : Number(match[1]);
  return errors <= allowed;
}

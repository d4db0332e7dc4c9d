/** Numbers on a command line. */
import { Option } from "commander";
import { AssayError } from "../core/errors.ts";

const KINDS = {
  count: { expected: "a whole number from 1", fits: (value: number) => Number.isSafeInteger(value) && value >= 1 },
  positive: { expected: "a number above 0", fits: (value: number) => Number.isFinite(value) && value > 0 },
};

/** An option that takes a number. Its text is refused with `usage/bad-option` naming the option and what was expected. */
export function numberOption(flags: string, description: string, kind: keyof typeof KINDS): Option {
  const option = new Option(flags, description);
  const { expected, fits } = KINDS[kind];
  return option.argParser((text: string) => {
    const value = text.trim() === "" ? Number.NaN : Number(text);
    if (fits(value)) return value;
    throw new AssayError("usage/bad-option", `${optionName(option)} ${text}: expected ${expected}.`);
  });
}

/** An option as a person types it: the shorter of its names. */
export function optionName(option: Option): string {
  return option.short ?? option.long ?? option.flags;
}

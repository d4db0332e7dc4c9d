/** Docker hosts on the command line of what looks at engines; for runs they are an option of the run's schema. */
import { Option } from "commander";
import { AssayError } from "../core/errors.ts";
import { whyNoHostAddress } from "../core/host-address.ts";

export function dockerHostOption(description: string, otherwise = "the machine's own"): Option {
  return new Option("--docker-host <url>", description).default([], otherwise).argParser((url: string, before: string[]) => {
    const reason = whyNoHostAddress(url);
    if (reason !== undefined) throw new AssayError("usage/bad-option", `--docker-host ${url}: ${reason}.`);
    return [...before, url];
  });
}

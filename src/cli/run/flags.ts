/** What the command line of `assay run` says. */
import type { RunOptionsInput } from "../../run/options.ts";

/** Options of the run under the names of their schema, already checked, and what belongs to this one command only. */
export interface RunFlags extends Partial<Omit<RunOptionsInput, "harness">> {
  /** One run each; none: the tasks' own. */
  harness: string[];
  out: string;
  resume?: string;
  new?: boolean;
  dryRun?: boolean;
  check?: boolean;
  repeat?: number;
  allowErrors?: string;
  json?: boolean;
}

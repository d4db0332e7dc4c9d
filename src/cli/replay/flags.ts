/** What the command line of `assay replay` says. */
export interface ReplayFlags {
  out: string;
  /** How many times faster than recorded. */
  speed: number;
  attempt?: number;
  /** Print what must be the same wherever the trial runs. */
  projection?: boolean;
  json?: boolean;
}

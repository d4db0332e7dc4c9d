/**
 * Every failure a person can meet, as a code, what happened in their words, and what to do about it.
 * The command line prints `message` and `hint` on one line; a stack trace only with `--debug`.
 */

/** How much an error ends that happens within a trial; each ends what the one before it does, and more. */
export const ERROR_ENDS = {
  call: "the tool call, and the model is told; or the one scorer, and its score is missing",
  attempt: "the attempt; the trial is tried again, as often as `--retries` says",
  trial: "the trial, for another attempt would meet it too; the other trials go on",
  run: "the run, for no other trial will escape it: stopped where no trial did so far, or where many in a row met one",
} as const;

export type ErrorEnds = keyof typeof ERROR_ENDS;

/** Every error code with the exit code it leads to, what it ends and what it means; docs/errors.md is made from this table. */
export const ERROR_CODES = {
  "usage/unknown-name": { exit: 2, ends: "run", means: "A task, variant, tool, sandbox, model or other name is not known." },
  "usage/bad-option": { exit: 2, ends: "run", means: "A command-line option has a value that cannot be used." },
  "usage/bad-override": {
    exit: 2,
    ends: "run",
    means: "An override (`-o key=value`) names an unknown key or has a value of the wrong type.",
  },
  "config/invalid": { exit: 2, ends: "trial", means: "A definition file (task, tool, harness …) does not match its schema." },
  "config/not-loadable": { exit: 2, ends: "run", means: "A user's own file could not be loaded." },
  "config/unsupported": { exit: 2, ends: "trial", means: "What a task or harness needs is not offered by the chosen part." },
  "data/not-found": { exit: 2, ends: "trial", means: "A data file or data set does not exist or cannot be reached." },
  "data/invalid": { exit: 2, ends: "trial", means: "A data set has a row that cannot be used." },
  "model/unreachable": { exit: 2, ends: "run", means: "No server of the model can be reached at its address." },
  "model/disconnected": {
    exit: 1,
    ends: "attempt",
    means: "The connection to the model's server kept breaking, or the server did not answer in time.",
  },
  "model/unauthorized": { exit: 2, ends: "run", means: "The model's server refuses the key, or there is no key." },
  "model/rejected": { exit: 1, ends: "trial", means: "The model's server refuses the request." },
  "model/overloaded": { exit: 1, ends: "attempt", means: "The model's server kept answering with rate limits or server errors." },
  "model/bad-response": { exit: 1, ends: "attempt", means: "The model's server answered with something that is not a completion." },
  "model/replay-ended": { exit: 1, ends: "trial", means: "A recorded run has no further response to give." },
  "model/no-output": { exit: 1, ends: "trial", means: "The file of answers holds none for this trial." },
  "sandbox/unavailable": { exit: 2, ends: "run", means: "The sandbox backend cannot be used on this machine." },
  "sandbox/image": { exit: 2, ends: "run", means: "A sandbox image does not exist, cannot be pulled or cannot be built." },
  "sandbox/failed": { exit: 1, ends: "attempt", means: "The sandbox broke while it was in use." },
  "sandbox/gone": { exit: 1, ends: "attempt", means: "The sandbox died or was removed while it was in use." },
  "sandbox/channel": {
    exit: 1,
    ends: "call",
    means: "The shell that carried a command into the sandbox was killed or stopped; what came of the command is not known.",
  },
  "sandbox/path": { exit: 1, ends: "call", means: "A path inside the sandbox cannot be read or written." },
  "sandbox/snapshot": { exit: 1, ends: "call", means: "A snapshot of a sandbox cannot be taken, or no sandbox can be started from it." },
  "run/locked": { exit: 2, ends: "run", means: "Another living process is writing the run folder." },
  "run/changed": { exit: 2, ends: "run", means: "The run to resume was made with another task, harness, data, prompts or seed." },
  "run/not-found": { exit: 2, ends: "run", means: "There is no run folder, or no such trial in it." },
  "run/format": { exit: 2, ends: "run", means: "A run folder is of another format version or is damaged." },
  "run/disk": { exit: 1, ends: "run", means: "The run folder cannot be written." },
  "score/failed": { exit: 1, ends: "call", means: "A scorer could not grade a trial." },
  "internal/bug": { exit: 1, ends: "attempt", means: "Assay itself went wrong; please report it." },
} as const satisfies Record<string, { exit: number; ends: ErrorEnds; means: string }>;

export type ErrorCode = keyof typeof ERROR_CODES;

export function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(ERROR_CODES, code);
}

/** Whether an error ends at least so much; a code that is not in the table, from another version's record, ends an attempt. */
export function endsAtLeast(code: string, what: ErrorEnds): boolean {
  const order = Object.keys(ERROR_ENDS);
  return order.indexOf(isErrorCode(code) ? ERROR_CODES[code].ends : "attempt") >= order.indexOf(what);
}

export interface AssayErrorOptions {
  /** One thing to do: a command or an edit. */
  hint?: string;
  cause?: unknown;
}

/** An error with a code from {@link ERROR_CODES}, a message in the user's words, and a hint. */
export class AssayError extends Error {
  override readonly name = "AssayError";
  readonly code: ErrorCode;
  readonly hint: string | undefined;

  constructor(code: ErrorCode, message: string, options: AssayErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.hint = options.hint;
  }
}

/** Turns anything thrown into an AssayError; what is not one already becomes `fallback`. */
export function toAssayError(error: unknown, fallback: ErrorCode = "internal/bug"): AssayError {
  if (error instanceof AssayError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new AssayError(fallback, message, { cause: error });
}

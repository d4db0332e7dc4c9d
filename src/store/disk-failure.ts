/** What happens when the run folder cannot be written: said once, in one line, to everybody who writes into it. */
import { AssayError } from "../core/errors.ts";

const REASONS: Record<string, string> = {
  ENOSPC: "no space left on the disk",
  EDQUOT: "the disk quota is used up",
  EACCES: "permission denied",
  EPERM: "permission denied",
  EROFS: "the file system is read-only",
  EMFILE: "too many open files",
  ENFILE: "too many open files",
  ENOENT: "the folder is gone",
  EIO: "the disk failed",
};

function reasonOf(cause: unknown): string {
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
  return REASONS[code] ?? (code || "the write failed");
}

/** `run/disk`: `name` (relative to the run folder) cannot be written. `again` is the command that goes on. */
export function diskError(path: string, name: string, cause: unknown, again = `assay run --resume ${path}`): AssayError {
  if (cause instanceof AssayError) return cause;
  return new AssayError("run/disk", `${name} of the run folder cannot be written: ${reasonOf(cause)}.`, {
    hint: `Make room or allow writing in ${path}; then run: ${again}`,
    cause,
  });
}

/** What keeps `out` from being a folder in which run folders are made. */
const NO_FOLDER_CODES = new Set(["EEXIST", "ENOTDIR", "ENAMETOOLONG", "ELOOP", "EINVAL"]);

/** A run folder that could not be made: a wrong `--out`, or the disk. */
export function creationError(out: string, cause: unknown): AssayError {
  if (cause instanceof AssayError) return cause;
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
  if (NO_FOLDER_CODES.has(code)) {
    return new AssayError("usage/bad-option", `--out ${out}: there cannot be a folder of that name (${code}).`, {
      hint: "Name a folder that is there or can be made.",
      cause,
    });
  }
  return new AssayError("run/disk", `No run folder can be made in ${out}: ${reasonOf(cause)}.`, {
    hint: "Make room or allow writing there, or name another folder with --out.",
    cause,
  });
}

/** The first failure of a run folder. Once it happened nothing more is written, and what was written stays. */
export class DiskFailure {
  readonly #controller = new AbortController();
  readonly #path: string;
  readonly #again: string | undefined;
  #error: AssayError | undefined;

  /** `again` is the command that goes on, where that is not the run's own. */
  constructor(path: string, { again }: { again?: string } = {}) {
    this.#path = path;
    this.#again = again;
  }

  /** Aborted, with the error as its reason, when the folder can no longer be written. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  get error(): AssayError | undefined {
    return this.#error;
  }

  report(name: string, cause: unknown): AssayError {
    this.#error ??= diskError(this.#path, name, cause, this.#again);
    this.#controller.abort(this.#error);
    return this.#error;
  }
}

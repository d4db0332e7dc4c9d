/** Prints an error as one line that a person can act on. */
import { AssayError, ERROR_CODES } from "../core/errors.ts";
import { errorText } from "./terminal/error-text.ts";

/** Returns the exit code. A stack trace only with `--debug`. */
export function reportError(error: unknown, { isDebug }: { isDebug: boolean }): number {
  if (isDebug && error instanceof Error)
    process.stderr.write(`${error.stack}\n${error.cause instanceof Error ? `caused by: ${error.cause.stack}\n` : ""}`);
  if (error instanceof AssayError) {
    process.stderr.write(`assay: ${errorText(error.message, error.hint)} [${error.code}]\n`);
    return ERROR_CODES[error.code].exit;
  }
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`assay: ${errorText(message)} This is a bug in Assay: please report it with what --debug prints. [internal/bug]\n`);
  return ERROR_CODES["internal/bug"].exit;
}

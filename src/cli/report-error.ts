/** Prints an error as one line that a person can act on. */
import { AssayError, ERROR_CODES } from "../core/errors.ts";
import { printableLine } from "./terminal/printable.ts";

/** Returns the exit code. A stack trace only with `--debug`. */
export function reportError(error: unknown, { isDebug }: { isDebug: boolean }): number {
  if (isDebug && error instanceof Error)
    process.stderr.write(`${error.stack}\n${error.cause instanceof Error ? `caused by: ${error.cause.stack}\n` : ""}`);
  if (error instanceof AssayError) {
    process.stderr.write(`assay: ${[error.message, error.hint ?? ""].map(sentence).join(" ").trim()} [${error.code}]\n`);
    return ERROR_CODES[error.code].exit;
  }
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`assay: ${sentence(message)} This is a bug in Assay: please report it with what --debug prints. [internal/bug]\n`);
  return ERROR_CODES["internal/bug"].exit;
}

/** On one line, with a full stop where it is followed by another sentence; commands and names keep their ends. */
function sentence(text: string, index = 0): string {
  const line = printableLine(text);
  return index > 0 || line === "" || /[.!?:]$/.test(line) ? line : `${line}.`;
}

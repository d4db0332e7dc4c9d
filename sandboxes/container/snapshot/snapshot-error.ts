import { AssayError } from "../../../src/index.ts";
import { isUnreachable } from "../engine/engine-call.ts";
import { oneLine, type Engine } from "../engine/engine.ts";

export function tooLarge(maxBytes: number): AssayError {
  return new AssayError("sandbox/snapshot", `What the sandbox changed is more than the ${maxBytes} bytes that a snapshot may have.`, {
    hint: "Let the task write less, or to a folder in memory that it empties.",
  });
}

/** Whatever went wrong, as a sentence on the snapshot. */
export function snapshotError({ title }: Engine, what: "taken" | "put into a sandbox", cause: unknown): AssayError {
  if (cause instanceof AssayError) return cause;
  const reason = isUnreachable(cause) ? `${title} stopped answering` : oneLine(cause);
  return new AssayError("sandbox/snapshot", `The snapshot could not be ${what}: ${reason}.`, { cause });
}

import { AssayError } from "../../../src/index.ts";
import { isUnreachable } from "../engine/engine-call.ts";
import { oneLine, type Engine } from "../engine/engine.ts";

export function tooLarge(maxBytes: number): AssayError {
  return new AssayError("sandbox/snapshot", `What the sandbox changed is more than the ${maxBytes} bytes that a snapshot may have.`, {
    hint: "Let the task write less, or to a folder in memory that it empties.",
  });
}

/** A database's files are in no snapshot of the agent's container, and a new database would be empty. */
export function holdsNoServices(): AssayError {
  return new AssayError("sandbox/snapshot", "A sandbox with services cannot be copied: a snapshot holds nothing of what is in them.", {
    hint: "Score it in the trial's own sandbox.",
  });
}

export function tooMany(maxChanges: number): AssayError {
  return new AssayError(
    "sandbox/snapshot",
    `The sandbox changed more than the ${maxChanges} files of a snapshot, or at paths too long for it.`,
    {
      hint: "Let the task make fewer files, or make them in a folder in memory that it empties.",
    },
  );
}

/** Whatever went wrong, as a sentence on the snapshot. */
export function snapshotError({ title }: Engine, what: "taken" | "put into a sandbox", cause: unknown): AssayError {
  if (cause instanceof AssayError) return cause;
  const reason = isUnreachable(cause) ? `${title} stopped answering` : oneLine(cause);
  return new AssayError("sandbox/snapshot", `The snapshot could not be ${what}: ${reason}.`, { cause });
}

/** Tells a sandbox that broke, or cannot start, from what happened in it. */
import { AssayError, endsAtLeast } from "../../core/errors.ts";

/** There is nothing left to grade: that ends the attempt, as it does before grading, and another one is made. */
export function isBrokenSandbox(error: unknown): boolean {
  return error instanceof AssayError && error.code.startsWith("sandbox/") && endsAtLeast(error.code, "attempt");
}

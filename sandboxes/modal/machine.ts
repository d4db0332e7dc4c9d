/** A sandbox in Modal as its parts see it: the SDK's object, and whether it still runs. */
import { AssayError } from "../../src/index.ts";
import { failureKind, gone, modalError, within } from "./errors.ts";
import type { Modal } from "./sdk.ts";

const POLL_MS = 10_000;
const TERMINATE_MS = 30_000;

export interface Machine {
  readonly sandbox: Modal.Sandbox;
  /** Aborted once it is disposed of: nothing waits for it any longer. */
  readonly ended: AbortSignal;
  isRunning(): Promise<boolean>;
  /** What a failed call means: `sandbox/gone` where it is not there any more, else `sandbox/failed`. */
  failure(doing: string, error: unknown): Promise<AssayError>;
  /** Ends it in Modal; that it has ended already is fine. */
  terminate(): Promise<void>;
  /** Ends every wait. */
  end(): void;
}

export function modalMachine(sandbox: Modal.Sandbox): Machine {
  const ended = new AbortController();
  const isRunning = async (): Promise<boolean> => {
    if (ended.signal.aborted) return false;
    try {
      return (await within(POLL_MS, "whether a sandbox runs", sandbox.poll())) === null;
    } catch (error) {
      // Where Modal cannot be asked it may well run.
      return failureKind(error) !== "died";
    }
  };
  return {
    sandbox,
    ended: ended.signal,
    isRunning,
    async failure(doing, error) {
      if (ended.signal.aborted) return gone(error);
      if (error instanceof AssayError && error.code !== "sandbox/failed") return error;
      if (failureKind(error) === "died" || !(await isRunning())) return gone(error);
      const { message, hint } = modalError(doing, error);
      // What one command is refused for, which an agent may have written, is not to end a whole run.
      return new AssayError("sandbox/failed", message, { ...(hint !== undefined && { hint }), cause: error });
    },
    async terminate() {
      try {
        await within(TERMINATE_MS, "the end of a sandbox", sandbox.terminate());
      } catch (error) {
        if (failureKind(error) !== "died") throw modalError("the end of a sandbox", error);
      }
      sandbox.detach();
    },
    end: () => ended.abort(),
  };
}

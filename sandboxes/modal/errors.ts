/** What the SDK throws, in the words and codes of a sandbox. */
import { AssayError } from "../../src/index.ts";
import { oneLine } from "../container/engine/engine.ts";
import { stopAfter } from "../container/stop.ts";

/** Of a failure: which of these decides what is done about it. */
export type FailureKind = "capacity" | "transport" | "config" | "died" | "unknown";

/** By the names of google.rpc.Code. */
const KIND_OF_CODE: Record<number, FailureKind> = {
  1: "transport",
  3: "config",
  4: "transport",
  5: "died",
  7: "config",
  8: "capacity",
  14: "transport",
  16: "config",
};

const KIND_OF_NAME: Record<string, FailureKind> = {
  InvalidError: "config",
  ResourceExhaustedError: "capacity",
  NotFoundError: "died",
  ClientClosedError: "died",
  TimeoutError: "transport",
};

/** Most failures are errors of the SDK's own gRPC library, which exports no class: they are told by their code. */
export function failureKind(error: unknown): FailureKind {
  if (!(error instanceof Error)) return "unknown";
  if (error.name === "ClientError" && "code" in error && typeof error.code === "number") return KIND_OF_CODE[error.code] ?? "unknown";
  return KIND_OF_NAME[error.name] ?? "unknown";
}

const UNAUTHENTICATED = 16;

/** An error of a call that belongs to no sandbox: `doing` is what was being done. */
export function modalError(doing: string, error: unknown): AssayError {
  if (error instanceof AssayError) return error;
  const reason = saidBy(error);
  if (error instanceof Error && "code" in error && error.code === UNAUTHENTICATED) {
    return new AssayError("sandbox/unavailable", `Modal refuses the token: ${reason}`, {
      hint: "Set MODAL_TOKEN_ID and MODAL_TOKEN_SECRET to a token of your workspace, or run `modal token set`.",
      cause: error,
    });
  }
  switch (failureKind(error)) {
    case "config":
      return new AssayError("sandbox/unavailable", `Modal refused ${doing}: ${reason}`, {
        hint: "See docs/sandboxes.md#modal for what Modal can be asked for.",
        cause: error,
      });
    case "capacity":
      return new AssayError("sandbox/failed", `Modal has no room for ${doing}: ${reason}`, {
        hint: "Run fewer trials at once (--concurrency), or ask Modal for a higher limit.",
        cause: error,
      });
    default:
      return new AssayError("sandbox/failed", `Modal failed at ${doing}: ${reason}`, {
        hint: "Run the same command again; https://status.modal.com says whether Modal is well.",
        cause: error,
      });
  }
}

export function gone(cause?: unknown): AssayError {
  return new AssayError("sandbox/gone", "The sandbox in Modal is not running any more.", {
    hint: "Run the same command again: an unfinished trial gets a fresh sandbox.",
    cause,
  });
}

/** Without the path of the method and the name of the code, which the SDK puts before what the server said. */
export function saidBy(error: unknown): string {
  const details = error instanceof Error && "details" in error && typeof error.details === "string" ? error.details : "";
  return oneLine(details === "" ? error : new Error(details));
}

/** Waits for a call of the SDK, which may have no end of its own, for so long. Rejects with `sandbox/failed`, or with the signal's reason. */
export async function within<T>(ms: number, doing: string, call: Promise<T>, signal?: AbortSignal): Promise<T> {
  // One that fails after its time is nobody's business.
  call.catch(() => {});
  signal?.throwIfAborted();
  using stop = stopAfter(ms, [signal]);
  const { promise: late, reject } = Promise.withResolvers<never>();
  stop.signal.addEventListener(
    "abort",
    () =>
      reject(signal?.aborted ? signal.reason : new AssayError("sandbox/failed", `Modal did not answer within ${ms / 1000} s: ${doing}.`)),
    { once: true },
  );
  return await Promise.race([call, late]);
}

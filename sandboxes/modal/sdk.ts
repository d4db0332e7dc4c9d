/** The SDK: an optional package, loaded when a run uses Modal and not before. */
import type * as Modal from "modal";
import { AssayError } from "../../src/index.ts";

export type { Modal };

/** npm's `latest` of that name is another library. */
export const MODAL_VERSION = "0.11.1";
export const INSTALL_HINT = `npm install modal@${MODAL_VERSION}`;

/** How long a creation that Modal refuses with a time to come again is waited for by the SDK itself. */
const MAX_THROTTLE_WAIT_SECONDS = 60;

export async function openClient(): Promise<Modal.ModalClient> {
  const { ModalClient } = await loadSdk();
  // Its warnings would go into the middle of the progress display; what matters comes as an error, too.
  const quiet = (): void => {};
  const logger = { debug: quiet, info: quiet, warn: quiet, error: quiet };
  return new ModalClient({ logger, maxThrottleWaitSecs: MAX_THROTTLE_WAIT_SECONDS });
}

async function loadSdk(): Promise<typeof Modal> {
  let loaded: typeof Modal;
  try {
    loaded = await import("modal");
  } catch (cause) {
    throw new AssayError("sandbox/unavailable", "The package that speaks to Modal is not installed.", { hint: INSTALL_HINT, cause });
  }
  if (typeof loaded.ModalClient === "function") return loaded;
  throw new AssayError(
    "sandbox/unavailable",
    "The installed package `modal` is not Modal's: npm's latest of that name is another library.",
    {
      hint: INSTALL_HINT,
    },
  );
}

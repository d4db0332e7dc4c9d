/** Whether a container still runs, and what is said where it does not. */
import type { Container } from "dockerode";
import { AssayError } from "../../../src/index.ts";
import { engineStatus, oneLine } from "./engine.ts";

/** Turns the Engine's refusal of a container that is gone or stopped into `sandbox/gone`, any other into `sandbox/failed`. */
export async function inLivingContainer<T>(container: Container, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    if (!(await isContainerRunning(container))) throw gone(error);
    const status = engineStatus(error);
    throw new AssayError("sandbox/failed", `The engine refused a command${status ? ` (${status})` : ""}: ${oneLine(error)}`, {
      cause: error,
    });
  }
}

export function gone(cause?: unknown): AssayError {
  return new AssayError("sandbox/gone", "The sandbox's container is not running any more.", {
    hint: "Run the same command again: an unfinished trial gets a fresh sandbox.",
    cause,
  });
}

export async function isContainerRunning(container: Container): Promise<boolean> {
  try {
    return (await container.inspect()).State.Running;
  } catch {
    return false;
  }
}

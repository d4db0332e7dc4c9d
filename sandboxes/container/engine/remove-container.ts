/** Removes a container, whatever else happens to it meanwhile. */
import type { Container, ContainerRemoveOptions } from "dockerode";
import { engineStatus } from "./engine.ts";
import { pause } from "../stop.ts";

const REMOVAL_TIMEOUT_MS = 30_000;
const REMOVAL_LOOK_MS = 50;
const REMOVAL_ATTEMPTS = 5;

/** Kills and removes, and returns when it is gone; that it is gone already, or that somebody else removes it, is fine. */
export async function removeContainer(container: Container, signal?: AbortSignal): Promise<void> {
  const options: ContainerRemoveOptions & { abortSignal?: AbortSignal } = { force: true, v: true, ...(signal && { abortSignal: signal }) };
  for (let attempt = 1; ; attempt += 1) {
    try {
      await container.remove(options);
      return;
    } catch (error) {
      const status = engineStatus(error);
      if (status === 404) return;
      // Another process is removing it at this moment.
      if (status === 409) return waitUntilGone(container, error, signal);
      // Podman cannot kill what has ended by itself since it looked.
      if (status !== 500 || attempt === REMOVAL_ATTEMPTS) throw error;
    }
    await pause(REMOVAL_LOOK_MS, []);
  }
}

async function waitUntilGone(container: Container, conflict: unknown, signal: AbortSignal | undefined): Promise<void> {
  for (const startedAt = performance.now(); performance.now() - startedAt < REMOVAL_TIMEOUT_MS;) {
    try {
      await container.inspect({ ...(signal && { abortSignal: signal }) });
    } catch (error) {
      if (engineStatus(error) === 404) return;
      throw error;
    }
    await pause(REMOVAL_LOOK_MS, []);
  }
  throw conflict;
}

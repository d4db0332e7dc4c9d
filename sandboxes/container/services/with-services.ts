import type { Sandbox } from "../../../src/index.ts";
import { holdsNoServices } from "../snapshot/snapshot-error.ts";
import type { Services } from "./services.ts";

/** A sandbox that ends with its services; `onLeft` is told how to remove those that could not be. */
export function withServices(sandbox: Sandbox, services: Services, onLeft: (remove: () => Promise<void>) => void): Sandbox {
  return {
    ...sandbox,
    services: services.reports,
    snapshot: () => Promise.reject(holdsNoServices()),
    isAlive: async () => ((await sandbox.isAlive?.()) ?? true) && services.areAlive(),
    async [Symbol.asyncDispose]() {
      await sandbox[Symbol.asyncDispose]();
      await services.remove().catch((error: unknown) => {
        onLeft(services.remove);
        throw error;
      });
    },
  };
}

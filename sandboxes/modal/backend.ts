/** A sandbox backend over Modal: one client, one app and one limiter for all sandboxes of a run. */
import { AssayError, type Sandbox, type SandboxBackend } from "../../src/index.ts";
import { oneLine } from "../container/engine/engine.ts";
import { createLimiter, CREATE_LIMITS, type CreateLimits } from "./create-limiter.ts";
import { modalError, within } from "./errors.ts";
import { modalImages } from "./image.ts";
import { modalNetwork } from "./network.ts";
import { prune } from "./prune.ts";
import { modalSandbox } from "./sandbox.ts";
import type { Machine } from "./machine.ts";
import type { Modal } from "./sdk.ts";
import { imageOfSnapshot } from "./snapshot.ts";
import { startMachine } from "./start.ts";
import type { Switch } from "./users.ts";

/** What sandboxes and images are found under on modal.com. */
const APP_NAME = "assay";
const CALL_MS = 60_000;
/** A creation that nobody waits for any more is given so long to be there, so that it can be ended. */
const LATE_MS = 30_000;

export interface ModalOptions {
  limits?: Partial<CreateLimits>;
}

export function modalBackend(client: Modal.ModalClient, { limits }: ModalOptions = {}): SandboxBackend {
  let found: Promise<Modal.App> | undefined;
  const app = (): Promise<Modal.App> => {
    found ??= within(CALL_MS, "the look for the app", client.apps.fromName(APP_NAME, { createIfMissing: true })).catch((error: unknown) => {
      found = undefined;
      throw modalError("the look for the app", error);
    });
    return found;
  };
  const limited = createLimiter({ ...CREATE_LIMITS, ...limits });
  const imageOf = modalImages({ client, app });
  const switches = new Map<string, Switch>();
  const living = new Set<Sandbox>();
  const late = new Set<Promise<unknown>>();
  const left = new Set<Machine>();
  const onLate = (end: Promise<void>): void => {
    const settled = end.then(
      () => void late.delete(settled),
      () => void late.delete(settled),
    );
    late.add(settled);
  };
  return {
    async prepare(spec, options) {
      // What Modal cannot be asked for is refused before anything starts.
      modalNetwork(spec.network);
      const { name, built } = await imageOf(spec, options);
      return { image: name, digest: built.imageId };
    },
    async start(spec, options) {
      options.signal?.throwIfAborted();
      const image = options.snapshot
        ? await imageOfSnapshot(client, options.snapshot)
        : await imageOf(spec, options.signal ? { signal: options.signal } : {});
      const started = await startMachine(
        { client, app: await app(), image, limited, switches, onLate, onLeft: (machine) => void left.add(machine) },
        spec,
        options,
      );
      const sandbox: Sandbox = modalSandbox({ started, spec, image, onRemoved: () => void living.delete(sandbox) });
      living.add(sandbox);
      return sandbox;
    },
    prune: async () => prune(client, await app()),
    async [Symbol.asyncDispose]() {
      const removals = await Promise.allSettled([...living].map((sandbox) => sandbox[Symbol.asyncDispose]()));
      await within(LATE_MS, "the end of late sandboxes", Promise.all(late)).catch(() => {});
      removals.push(...(await Promise.allSettled([...left].map((machine) => machine.terminate()))));
      client.close();
      const failed = removals.filter((removal) => removal.status === "rejected");
      if (failed.length === 0) return;
      throw new AssayError("sandbox/failed", `Modal could not end ${failed.length} sandboxes: ${oneLine(failed[0]?.reason)}`, {
        hint: "End them later: assay sandbox prune",
        cause: failed[0]?.reason,
      });
    },
  };
}

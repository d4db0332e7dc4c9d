/** The allow-lists of a backend's sandboxes: what they need once a run, and the network of each. Nothing where a spec has none. */
import type { Container } from "dockerode";
import type { SandboxSpec } from "../../../src/index.ts";
import type { Engine } from "../engine/engine.ts";
import type { imagePreparer } from "../image/image.ts";
import type { SharedWorkOptions } from "../image/shared-work.ts";
import type { StartedContainer } from "../start/start-container.ts";
import { FORWARDER_IMAGE } from "./forwarder-options.ts";
import { allowListOf } from "./listeners.ts";
import { openNetwork, type AllowListNetwork } from "./network.ts";
import type { Resolve } from "./resolve.ts";

export interface Networks {
  prepare: (spec: SandboxSpec, options?: SharedWorkOptions) => Promise<void>;
  start(spec: SandboxSpec, started: StartedContainer, options: NetworkStartOptions): Promise<AllowListNetwork | undefined>;
}

interface NetworkStartOptions {
  signal: AbortSignal | undefined;
  /** Told the container that has to go with the sandbox, however the start ends. */
  onCreated: (forwarder: Container) => void;
}

export function allowListNetworks(engine: Engine, prepareImage: ReturnType<typeof imagePreparer>, resolve: Resolve): Networks {
  const image = (options?: SharedWorkOptions) => prepareImage({ image: FORWARDER_IMAGE }, options);
  return {
    async prepare(spec, options) {
      if (allowListOf(spec)) await image(options);
    },
    async start(spec, { container, labels }, { signal, onCreated }) {
      const allow = allowListOf(spec);
      if (!allow) return undefined;
      const { id: imageId } = await image({ signal });
      return openNetwork({ engine, container, imageId, labels, allow, resolve, signal }, onCreated);
    },
  };
}

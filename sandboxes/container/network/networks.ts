/** The allow-lists of a backend's sandboxes: what they need once a run, and the network of each. Nothing where a spec has none. */
import type { Container } from "dockerode";
import type { SandboxSpec } from "../../../src/index.ts";
import type { Engine } from "../engine/engine.ts";
import type { imagePreparer } from "../image/image.ts";
import type { StartedContainer } from "../start/start-container.ts";
import { FORWARDER_IMAGE } from "./forwarder-options.ts";
import { allowListOf } from "./listeners.ts";
import { openNetwork, type AllowListNetwork } from "./network.ts";
import type { Resolve } from "./resolve.ts";

type PrepareImage = ReturnType<typeof imagePreparer>;

export interface Networks {
  prepare: (spec: SandboxSpec, options?: Parameters<PrepareImage>[1]) => Promise<void>;
  /** `onCreated` is told the container that has to go with the sandbox, however the start ends. */
  start(spec: SandboxSpec, started: StartedContainer, onCreated: (forwarder: Container) => void): Promise<AllowListNetwork | undefined>;
}

export function allowListNetworks(engine: Engine, prepareImage: PrepareImage, resolve: Resolve): Networks {
  const image = (spec: SandboxSpec, options?: Parameters<PrepareImage>[1]) =>
    prepareImage({ ...spec, image: FORWARDER_IMAGE, dockerfile: undefined, user: undefined }, options);
  return {
    async prepare(spec, options) {
      if (allowListOf(spec)) await image(spec, options);
    },
    async start(spec, { container, labels }, onCreated) {
      const allow = allowListOf(spec);
      if (!allow) return undefined;
      const { id: imageId } = await image(spec);
      return openNetwork({ engine, container, imageId, labels, allow, resolve }, onCreated);
    },
  };
}

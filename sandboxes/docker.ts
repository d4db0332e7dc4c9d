/** Sandboxes that are containers of a Docker Engine. */
import { defineSandbox, type SandboxDefinition } from "../src/index.ts";
import { engineAvailability } from "./container/engine/availability.ts";
import { containerBackend, type BackendOptions } from "./container/backend.ts";
import { CONTAINER_CAPABILITIES } from "./container/capabilities.ts";
import { connectEngine, type EngineAddress } from "./container/engine/engine.ts";

const engine: EngineAddress = {
  title: "Docker",
  address: () => process.env["DOCKER_HOST"] ?? "unix:///var/run/docker.sock",
  get hint() {
    const start = "Start Docker, or run with --sandbox embedded.";
    return process.env["DOCKER_HOST"] === undefined ? start : `DOCKER_HOST names that address: correct it or unset it. ${start}`;
  },
};

/** The backend, with its commands carried as `options` say. */
export function dockerSandbox(options: BackendOptions = {}): SandboxDefinition {
  return defineSandbox({
    name: "docker",
    description: "A container of a Docker Engine: any image or Dockerfile, real processes, resource limits.",
    capabilities: CONTAINER_CAPABILITIES,
    availability: () => engineAvailability(engine),
    open: async () => containerBackend(await connectEngine(engine), options),
  });
}

export default dockerSandbox();

/** Sandboxes that are containers of a Docker Engine. */
import { defineSandbox } from "../src/index.ts";
import { containerBackend } from "./container/backend.ts";
import { CONTAINER_CAPABILITIES } from "./container/capabilities.ts";
import { connectEngine, engineAvailability, type EngineAddress } from "./container/engine.ts";

const engine: EngineAddress = {
  title: "Docker",
  address: () => process.env["DOCKER_HOST"] ?? "unix:///var/run/docker.sock",
  hint: "Start Docker, or run with --sandbox embedded.",
};

export default defineSandbox({
  name: "docker",
  description: "A container of a Docker Engine: any image or Dockerfile, real processes, resource limits.",
  capabilities: CONTAINER_CAPABILITIES,
  availability: () => engineAvailability(engine),
  open: async () => containerBackend(await connectEngine(engine)),
});

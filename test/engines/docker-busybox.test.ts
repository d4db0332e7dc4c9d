import { describe } from "vitest";
import docker from "../../sandboxes/docker.ts";
import { sandboxContract } from "../sandboxes/contract.ts";
import { LEAST_BEHAVIOURS } from "../sandboxes/least-behaviours.ts";
import { hasEngine } from "./requires.ts";

/** The same behaviours in an image that has busybox's ash and applets instead of dash, bash and GNU's programs. */
describe.runIf(await hasEngine(docker, "scripts/start-docker.sh"))("with a Docker Engine, in a busybox image", () => {
  const definition = {
    ...docker,
    name: "docker (busybox)",
    capabilities: { ...docker.capabilities, hasPython: false, hasPackages: false },
  };
  sandboxContract(definition, { spec: { dockerfile: "test/fixtures/images/busybox" }, atLeast: LEAST_BEHAVIOURS });
});

import { describe } from "vitest";
import { podmanSandbox } from "../../sandboxes/podman.ts";
import { HOW_TO_START, ROOTFUL_ADDRESS } from "../engines/podman-sockets.ts";
import { hasEngine } from "../engines/requires.ts";
import { attackSuite } from "./suite.ts";

const podman = podmanSandbox({ addresses: () => [ROOTFUL_ADDRESS] });

describe.runIf(await hasEngine(podman, HOW_TO_START))("attacks on a rootful podman", () => {
  attackSuite(podman, { environment: { CONTAINER_HOST: ROOTFUL_ADDRESS } });
});

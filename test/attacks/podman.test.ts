import { describe } from "vitest";
import { podmanSandbox } from "../../sandboxes/podman.ts";
import { HOW_TO_START, ROOTFUL_ADDRESS, ROOTLESS_ADDRESS } from "../engines/podman-sockets.ts";
import { hasEngine } from "../engines/requires.ts";
import { attackSuite } from "./suite.ts";

const rootful = podmanSandbox({ addresses: () => [ROOTFUL_ADDRESS] });
const rootless = podmanSandbox({ addresses: () => [ROOTLESS_ADDRESS] });

describe.runIf(await hasEngine(rootful, HOW_TO_START))("attacks on a rootful podman", () => {
  attackSuite(rootful, { environment: { CONTAINER_HOST: ROOTFUL_ADDRESS } });
});

/**
 * What is otherwise without root: ways to the host, the first process and grading. Bombs are left out, since its limits may not hold, and
 * so are the ways into the kernel: Podman lets a rootless container make user namespaces, see docs/security.md.
 */
describe.runIf(await hasEngine(rootless, HOW_TO_START))("attacks on a rootless podman", () => {
  attackSuite(
    { ...rootless, capabilities: { ...rootless.capabilities, canLimitResources: false } },
    { groups: ["network", "processes", "archives", "the verifier"] },
  );
});

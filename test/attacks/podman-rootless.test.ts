import { describe } from "vitest";
import { podmanSandbox } from "../../sandboxes/podman.ts";
import { HOW_TO_START, ROOTLESS_ADDRESS } from "../engines/podman-sockets.ts";
import { hasEngine } from "../engines/requires.ts";
import { attackSuite } from "./suite.ts";

const podman = podmanSandbox({ addresses: () => [ROOTLESS_ADDRESS] });

/**
 * What is otherwise without root: ways to the host, the first process and grading. Bombs are left out, since its limits may not hold, and
 * so are the ways into the kernel: Podman lets a rootless container make user namespaces, see docs/security.md.
 */
describe.runIf(await hasEngine(podman, HOW_TO_START))("attacks on a rootless podman", () => {
  attackSuite(
    { ...podman, capabilities: { ...podman.capabilities, canLimitResources: false } },
    { groups: ["network", "processes", "archives", "the verifier"] },
  );
});

import { describe } from "vitest";
import { podmanSandbox } from "../../sandboxes/podman.ts";
import { HOW_TO_START, ROOTFUL_ADDRESS } from "../engines/podman-sockets.ts";
import { hasEngine } from "../engines/requires.ts";
import { attackSuite } from "./suite.ts";

const podman = podmanSandbox({ addresses: () => [ROOTFUL_ADDRESS] });

/** Podman's seccomp profile lets a container make user namespaces, in which it is root of nothing outside: docs/security.md. */
const leftOpen = { openings: ["namespaces"], calls: ["keyctl", "unshare user", "setns"] };

describe.runIf(await hasEngine(podman, HOW_TO_START))("attacks on a rootful podman", () => {
  attackSuite(podman, { environment: { CONTAINER_HOST: ROOTFUL_ADDRESS }, leftOpen });
});

import { describe } from "vitest";
import { podmanSandbox } from "../../sandboxes/podman.ts";
import { sandboxContract } from "../sandboxes/contract.ts";
import { LEAST_BEHAVIOURS } from "../sandboxes/least-behaviours.ts";
import { podmanBehaviours } from "./podman-behaviours.ts";
import { HOW_TO_START, ROOTLESS_ADDRESS } from "./podman-sockets.ts";
import { hasEngine } from "./requires.ts";

const podman = podmanSandbox({ addresses: () => [ROOTLESS_ADDRESS] });
const availability = await podman.availability();

/** Which limits hold depends on the machine: on control groups v1 none does, and the backend says so. */
const doLimitsHold = availability.isAvailable && !availability.notes?.some((note) => note.startsWith("Limits that are not enforced"));
const rootless = {
  ...podman,
  name: "podman (rootless)",
  capabilities: { ...podman.capabilities, canLimitResources: doLimitsHold },
};

describe.runIf(await hasEngine(rootless, HOW_TO_START))("with a rootless Podman", () => {
  sandboxContract(rootless, { atLeast: LEAST_BEHAVIOURS });
  podmanBehaviours("rootless", ROOTLESS_ADDRESS);
});

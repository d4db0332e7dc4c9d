import { describe } from "vitest";
import { podmanSandbox } from "../../sandboxes/podman.ts";
import { sandboxContract } from "../sandboxes/contract.ts";
import { LEAST_BEHAVIOURS } from "../sandboxes/least-behaviours.ts";
import { podmanBehaviours } from "./podman-behaviours.ts";
import { HOW_TO_START, ROOTFUL_ADDRESS } from "./podman-sockets.ts";
import { hasEngine } from "./requires.ts";

const rootful = { ...podmanSandbox({ addresses: () => [ROOTFUL_ADDRESS] }), name: "podman (rootful)" };

describe.runIf(await hasEngine(rootful, HOW_TO_START))("with a rootful Podman", () => {
  sandboxContract(rootful, { atLeast: LEAST_BEHAVIOURS });
  podmanBehaviours("rootful", ROOTFUL_ADDRESS);
});

import { describe } from "vitest";
import { podmanSandbox } from "../../sandboxes/podman.ts";
import { sandboxContract } from "../sandboxes/contract.ts";
import { podmanBehaviours } from "./podman-behaviours.ts";
import { HOW_TO_START, ROOTFUL_ADDRESS } from "./podman-sockets.ts";
import { hasEngine } from "./requires.ts";

const rootful = { ...podmanSandbox({ addresses: () => [ROOTFUL_ADDRESS] }), name: "podman (rootful)" };

describe.runIf(await hasEngine(rootful, HOW_TO_START))("with a rootful Podman", () => {
  sandboxContract(rootful);
  podmanBehaviours("rootful", ROOTFUL_ADDRESS);
});

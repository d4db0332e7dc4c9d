/** The contract with a Docker Engine on another machine: every stream goes through one ssh. */
import { describe } from "vitest";
import { sandboxContract } from "../sandboxes/contract.ts";
import { LEAST_BEHAVIOURS } from "../sandboxes/least-behaviours.ts";
import { canUseSsh, dockerOverSsh } from "./ssh-suite.ts";

describe.runIf(await canUseSsh())("with a Docker Engine over SSH", () => {
  sandboxContract(dockerOverSsh().definition, { atLeast: LEAST_BEHAVIOURS });
});

import { describe } from "vitest";
import docker from "../../sandboxes/docker.ts";
import { sandboxContract } from "../sandboxes/contract.ts";
import { LEAST_BEHAVIOURS } from "../sandboxes/least-behaviours.ts";
import { hasEngine } from "./requires.ts";

describe.runIf(await hasEngine(docker, "scripts/start-docker.sh"))("with a Docker Engine", () => {
  sandboxContract(docker, { atLeast: LEAST_BEHAVIOURS });
});

import { describe } from "vitest";
import { dockerSandbox } from "../../sandboxes/docker.ts";
import { sandboxContract } from "../sandboxes/contract.ts";
import { LEAST_BEHAVIOURS } from "../sandboxes/least-behaviours.ts";
import { hasEngine } from "./requires.ts";

/** The same behaviours with each command by the engine's own exec: what takes over where lanes cannot work. */
const byExec = dockerSandbox({ commandsBy: "exec" });

describe.runIf(await hasEngine(byExec, "scripts/start-docker.sh"))("with a Docker Engine, without lanes", () => {
  sandboxContract({ ...byExec, name: "docker (engine's exec)" }, { atLeast: LEAST_BEHAVIOURS });
});

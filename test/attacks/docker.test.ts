import { describe } from "vitest";
import docker from "../../sandboxes/docker.ts";
import { hasEngine } from "../engines/requires.ts";
import { attackSuite } from "./suite.ts";

describe.runIf(await hasEngine(docker, "scripts/start-docker.sh"))("attacks on docker", () => attackSuite(docker));

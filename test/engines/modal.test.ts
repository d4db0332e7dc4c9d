import { afterAll, describe } from "vitest";
import docker from "../../sandboxes/docker.ts";
import { modalSandboxes } from "../../sandboxes/modal.ts";
import { startStandIn } from "../modal-standin/stand-in.ts";
import { sandboxContract } from "../sandboxes/contract.ts";
import { LEAST_BEHAVIOURS } from "../sandboxes/least-behaviours.ts";
import { hasEngine } from "./requires.ts";

const isHere = await hasEngine(docker, "scripts/start-docker.sh");
const standIn = isHere ? await startStandIn() : undefined;
Object.assign(process.env, standIn?.environment);

describe.runIf(isHere)("Modal, as its stand-in plays it", () => {
  afterAll(async () => {
    await standIn?.noUnimplementedCalls();
    await standIn?.[Symbol.asyncDispose]();
  });
  sandboxContract(modalSandboxes({ limits: { perSecond: 1000, burst: 1000 } }), { atLeast: LEAST_BEHAVIOURS });
});

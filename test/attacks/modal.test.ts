import { afterAll, describe } from "vitest";
import docker from "../../sandboxes/docker.ts";
import { modalSandboxes } from "../../sandboxes/modal.ts";
import { hasEngine } from "../engines/requires.ts";
import { startStandIn } from "../modal-standin/stand-in.ts";
import { attackSuite } from "./suite.ts";

const standIn = (await hasEngine(docker, "scripts/start-docker.sh")) ? await startStandIn() : undefined;
Object.assign(process.env, standIn?.environment);

/** Bombs are left out, alone and in whole trials: Modal limits neither processes nor disk space. */
const GROUPS = [
  "output",
  "network",
  "kernel and privileges",
  "processes",
  "environment",
  "files",
  "archives",
  "grading",
  "the verifier",
  "the model",
] as const;

describe.runIf(standIn)("attacks on Modal, as its stand-in plays it", () => {
  afterAll(async () => {
    await standIn?.noUnimplementedCalls();
    await standIn?.[Symbol.asyncDispose]();
  });
  attackSuite(modalSandboxes({ limits: { perSecond: 1000, burst: 1000 } }), { environment: { ...standIn?.environment }, groups: GROUPS });
});

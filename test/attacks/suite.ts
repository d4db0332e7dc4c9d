/**
 * Hostile commands, files and models against a real backend. What has to hold for each: it is contained, it ends with an honest
 * result, and the harness and the other trials go on. Attacks that need what a backend lacks are left out by its capabilities.
 */
import { afterAll, beforeAll, describe } from "vitest";
import { sandboxSpecSchema, type Sandbox, type SandboxBackend, type SandboxDefinition } from "../../src/index.ts";
import type { AttackContext } from "./context.ts";
import { environmentAttacks } from "./environment.ts";
import { archiveAttacks } from "./archives.ts";
import { fileAttacks } from "./files.ts";
import { gradingAttacks } from "./grading.ts";
import { kernelAttacks } from "./kernel.ts";
import { modelAttacks } from "./model.ts";
import { networkAttacks } from "./network.ts";
import { outputAttacks } from "./output.ts";
import { processAttacks } from "./processes.ts";
import { resourceAttacks } from "./resources.ts";
import { trialAttacks } from "./trials.ts";
import { verifierAttacks } from "./verifier.ts";

const owner = { runId: `attacks-${process.pid}`, trialId: "attacks/1/1", attempt: 1 };

const GROUPS = {
  resources: resourceAttacks,
  output: outputAttacks,
  network: networkAttacks,
  "kernel and privileges": kernelAttacks,
  processes: processAttacks,
  environment: environmentAttacks,
  files: fileAttacks,
  archives: archiveAttacks,
  "whole trials": trialAttacks,
  grading: gradingAttacks,
  "the verifier": verifierAttacks,
  "the model": modelAttacks,
} satisfies Record<string, (context: AttackContext) => void>;

export interface AttackOptions {
  /** What the command line needs to find the same engine. */
  environment?: Record<string, string>;
  /** Default nothing. */
  leftOpen?: AttackContext["leftOpen"];
  /** Which attacks; default all. */
  groups?: readonly (keyof typeof GROUPS)[];
}

export function attackSuite(
  definition: SandboxDefinition,
  { environment = {}, leftOpen = { openings: [], calls: [] }, groups }: AttackOptions = {},
): void {
  const opened: { backend?: SandboxBackend; shared?: Sandbox; neighbour?: Sandbox } = {};
  const present = <T>(part: T | undefined): T => {
    if (part === undefined) throw new Error("The backend or its sandboxes did not start.");
    return part;
  };
  const context: AttackContext = {
    name: definition.name,
    environment,
    capabilities: definition.capabilities,
    leftOpen,
    shared: () => present(opened.shared),
    neighbour: () => present(opened.neighbour),
    start: (spec = {}) => present(opened.backend).start(sandboxSpecSchema.parse(spec), { owner }),
  };
  beforeAll(async () => {
    opened.backend = await definition.open();
    [opened.shared, opened.neighbour] = await Promise.all([context.start(), context.start()]);
  });
  afterAll(() => opened.backend?.[Symbol.asyncDispose]());

  const chosen = Object.entries(GROUPS).filter(([name]) => !groups || groups.some((group) => group === name));
  describe.for(chosen)("%s", ([, attacks]) => attacks(context));
}

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

const owner = { runId: `attacks-${process.pid}`, trialId: "attacks/1/1", attempt: 1 };

/** `environment` is what the command line needs to find the same engine. */
export function attackSuite(definition: SandboxDefinition, environment: Record<string, string> = {}): void {
  const opened: { backend?: SandboxBackend; shared?: Sandbox; neighbour?: Sandbox } = {};
  const present = <T>(part: T | undefined): T => {
    if (part === undefined) throw new Error("The backend or its sandboxes did not start.");
    return part;
  };
  const context: AttackContext = {
    name: definition.name,
    environment,
    capabilities: definition.capabilities,
    shared: () => present(opened.shared),
    neighbour: () => present(opened.neighbour),
    start: (spec = {}) => present(opened.backend).start(sandboxSpecSchema.parse(spec), { owner }),
  };
  beforeAll(async () => {
    opened.backend = await definition.open();
    [opened.shared, opened.neighbour] = await Promise.all([context.start(), context.start()]);
  });
  afterAll(() => opened.backend?.[Symbol.asyncDispose]());

  describe("resources", () => resourceAttacks(context));
  describe("output", () => outputAttacks(context));
  describe("network", () => networkAttacks(context));
  describe("kernel and privileges", () => kernelAttacks(context));
  describe("processes", () => processAttacks(context));
  describe("environment", () => environmentAttacks(context));
  describe("files", () => fileAttacks(context));
  describe("archives", () => archiveAttacks(context));
  describe("whole trials", () => trialAttacks(context));
  describe("grading", () => gradingAttacks(context));
  describe("the model", () => modelAttacks(context));
}

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { containerBackend } from "../../../../sandboxes/container/backend.ts";
import { NO_DIFFERENCES } from "../../../../sandboxes/container/engine/differences.ts";
import { sandboxSpecSchema, type SandboxSpecInput } from "../../../../src/index.ts";
import { stubEngine } from "../stub-engine.ts";

const given: { folder?: string } = {};
beforeAll(async () => void (given.folder = await mkdtemp(join(tmpdir(), "assay-closed-"))));
afterAll(() => given.folder && rm(given.folder, { recursive: true }));

/** What an engine that cannot close a network says to a task, and what it was asked before. */
async function asked(network: SandboxSpecInput["network"], networks: string): Promise<{ refusal: unknown; requests: number }> {
  const compose = join(given.folder ?? "", "compose.yaml");
  await writeFile(compose, `services: { main: { image: one }, db: { image: one, networks: [back] } }\nnetworks: { back: ${networks} }`);
  await using stub = await stubEngine(() => ({ status: 500, body: { message: "asked for an image" } }));
  const backend = containerBackend({ ...stub.engine, differences: { ...NO_DIFFERENCES, whyNoClosedNetworks: "it is a stub" } });
  const spec = sandboxSpecSchema.parse({ compose, network });
  const starting = backend.start(spec, { owner: { runId: "r", trialId: "t", attempt: 1 } });
  const [prepared, started] = await Promise.allSettled([backend.prepare(spec), starting]);
  const [refusal, other] = [prepared, started].map((one) => one.status === "rejected" && (one.reason as unknown));
  expect(other).toMatchObject({ message: (refusal as Error).message });
  return { refusal, requests: stub.requests.length };
}

test.each<[string, SandboxSpecInput["network"], string]>([
  ["no network", "none", "{}"],
  ["a list of hosts", { allow: ["example.org"] }, "{}"],
  ["a network of the engine's, and one of its services' is internal", "bridge", "{ internal: true }"],
])(
  "services are refused before the engine is asked for anything, where it cannot close a network and the task has %s",
  async (_, network, networks) => {
    const { refusal, requests } = await asked(network, networks);
    expect(refusal).toMatchObject({
      code: "config/unsupported",
      message: "Services need a network that the host is not on, which this Stub cannot make: it is a stub.",
      hint: expect.stringContaining('network: "bridge" and no internal network'),
    });
    expect(requests).toBe(0);
  },
);

test("services on open networks alone are not refused where an engine cannot close one", async () => {
  const { refusal, requests } = await asked("bridge", "{}");
  expect(refusal).toMatchObject({ message: expect.stringContaining("asked for an image") });
  expect(requests).toBeGreaterThan(0);
});

import { expect, test } from "vitest";
import { requireGpus } from "../../../../sandboxes/container/engine/gpus.ts";
import { createOptions } from "../../../../sandboxes/container/start/create-options.ts";
import { sandboxSpecSchema } from "../../../../src/index.ts";
import { stubEngine } from "../stub-engine.ts";

const image = { image: "one:1", id: "sha256:1", digest: "sha256:1", hasShell: true };

test.each([
  ["all", -1],
  [2, 2],
] as const)("gpus: %s becomes a request for %d of the engine's GPUs", (gpus, count) => {
  const spec = sandboxSpecSchema.parse({ gpus });
  const { HostConfig } = createOptions({
    name: "one",
    spec,
    image,
    labels: {},
    user: "1000",
    home: undefined,
    disk: undefined,
    networks: undefined,
  });
  expect(HostConfig?.DeviceRequests).toEqual([{ Driver: "nvidia", Count: count, Capabilities: [["gpu"]] }]);
});

test.each([
  ["NVIDIA's runtime", { Runtimes: { runc: {}, nvidia: {} } }],
  ["described devices", { Runtimes: { runc: {} }, DiscoveredDevices: [{ ID: "nvidia.com/gpu=0" }] }],
])("an engine with %s is taken", async (_what, info) => {
  await using stub = await stubEngine(() => ({ body: info }));
  await expect(requireGpus(stub.engine, sandboxSpecSchema.parse({ gpus: 1 }))).resolves.toBeUndefined();
});

test("an engine without GPUs is refused in one line, and not asked where none are wanted", async () => {
  await using stub = await stubEngine(() => ({ body: { Runtimes: { runc: {} } } }));
  await expect(requireGpus(stub.engine, sandboxSpecSchema.parse({ gpus: 1 }))).rejects.toMatchObject({
    code: "config/unsupported",
    message: "The task asks for GPUs (gpus: 1), and Stub at unix://stub has no NVIDIA runtime.",
  });
  const asked = stub.requests.length;
  await requireGpus(stub.engine, sandboxSpecSchema.parse({}));
  expect(stub.requests).toHaveLength(asked);
});

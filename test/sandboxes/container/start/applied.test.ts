import { expect, test } from "vitest";
import { NO_DIFFERENCES } from "../../../../sandboxes/container/engine/differences.ts";
import { appliedLimits } from "../../../../sandboxes/container/start/applied.ts";
import { parseReport } from "../../../../sandboxes/container/start/parse-report.ts";
import { sandboxSpecSchema, type SandboxSpecInput } from "../../../../src/index.ts";

const IMAGE = { id: "sha256:1", image: "one:1", digest: "sha256:1", hasShell: true };
const LIMITS = "memory: 2147483648\npids: 1024\ncpu: 200000 100000\n";

/** What is recorded of a container that was asked for `spec` and whose first process has said `report`. */
function applied(spec: SandboxSpecInput, report: string, whyNotEnforced?: string) {
  const parsed = parseReport(`Uid: 1000\nGid: 1000\nCapEff: 0\nNoNewPrivs: 1\nSeccomp: 2\n${report}ready\n`);
  const engine = { host: undefined, differences: { ...NO_DIFFERENCES, whyNotEnforced } };
  return appliedLimits({ engine, spec: sandboxSpecSchema.parse(spec), image: IMAGE, report: parsed, disk: undefined, networks: undefined });
}

test.each([
  ["none", "none", "interface:lo 0x9\n", "none", undefined],
  ["bridge", "bridge", "interface:eth0 0x1003\ninterface:lo 0x9\n", "bridge", undefined],
  ["none that was asked for and is there nevertheless", "none", "interface:eth0 0x1003\n", "bridge", "network"],
  ["one that was asked for and is not there", "bridge", "interface:lo 0x9\n", "none", undefined],
  ["one that cannot be seen", "none", "", null, undefined],
] as const)("the network is recorded as the container sees it: %s", (_name, network, report, found, notEnforced) => {
  expect(applied({ network }, `${LIMITS}${report}`)).toMatchObject({ network: found });
  expect(applied({ network }, `${LIMITS}${report}`)["notEnforced"]).toBe(notEnforced);
});

test("limits that hold less or not at all are listed, with the engine's reason", () => {
  expect(applied({ cpus: 2.5, pids: 2000 }, LIMITS)).not.toHaveProperty("notEnforced");
  expect(applied({}, "memory: max\npids: max\ncpu: 200000 100000\n", "rootless on cgroups v1")).toMatchObject({
    cpus: 2,
    memoryMiB: null,
    pids: null,
    notEnforced: "memoryMiB, pids: rootless on cgroups v1",
  });
});

import { expect, test } from "vitest";
import { parseUsage } from "../../../../sandboxes/container/commands/usage.ts";

const V1 = "memory/memory.max_usage_in_bytes 4149248\ncpuacct/cpuacct.usage 55829569\n";
const V2 = "memory.peak 134217728\nusage_usec 1234567\nuser_usec 1000000\nsystem_usec 234567\nnr_periods 0\n";

test.each([
  ["control groups v1: bytes and nanoseconds", V1, { peakMemoryMiB: 4, cpuMs: 55.8 }],
  ["control groups v2: bytes and microseconds", V2, { peakMemoryMiB: 128, cpuMs: 1234.6 }],
  ["v2 of a kernel that keeps no peak", "usage_usec 1500\nuser_usec 1000\n", { peakMemoryMiB: null, cpuMs: 1.5 }],
  ["v1 with only a count of CPU time", "cpuacct/cpuacct.usage 55829569\n", { peakMemoryMiB: null, cpuMs: 55.8 }],
  ["v1 with only a peak of memory", "memory/memory.max_usage_in_bytes 1048576\n", { peakMemoryMiB: 1, cpuMs: null }],
  ["no control groups", "", { peakMemoryMiB: null, cpuMs: null }],
  ["numbers that are none", "memory.peak max\nusage_usec -1\n", { peakMemoryMiB: null, cpuMs: null }],
])("what a container used is read with %s", (_name, text, usage) => {
  expect(parseUsage(text)).toEqual(usage);
});

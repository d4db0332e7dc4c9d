import { defineConfig } from "vitest/config";

/** The contract and the attacks over each engine: they wait more than they compute, so several go at once. */
const SUITES = [
  ...["docker", "docker-exec", "docker-busybox", "docker-ssh", "podman-rootful", "podman-rootless", "modal"].map(
    (name) => `test/engines/${name}.test.ts`,
  ),
  "test/attacks/*.test.ts",
];

/** Others' processes and engines are real, and this machine is shared: what fails once is tried again, and named at the end. */
const RETRY = 1;
const ENGINES = { retry: RETRY, testTimeout: 120_000, hookTimeout: 300_000 };

export default defineConfig({
  test: {
    reporters: ["default", "./test/caveats-reporter.ts"],
    // One group after another.
    projects: [
      {
        test: {
          name: "unit",
          sequence: { groupOrder: 0 },
          include: ["test/**/*.test.ts"],
          exclude: ["test/engines/**", "test/attacks/**"],
          maxWorkers: 2,
          testTimeout: 30_000,
          retry: RETRY,
        },
      },
      { test: { name: "suites", sequence: { groupOrder: 1 }, include: SUITES, maxWorkers: 3, ...ENGINES } },
      {
        test: {
          name: "engines",
          sequence: { groupOrder: 2 },
          include: ["test/engines/**/*.test.ts"],
          exclude: SUITES,
          // Some measure what others do beside a hostile one, some stop an engine.
          fileParallelism: false,
          ...ENGINES,
        },
      },
    ],
  },
});

import { defineConfig } from "vitest/config";

/** Engine tests that stop an engine, count its events or networks, or measure: nothing else may run beside them. */
const ALONE = [
  "broken-sandboxes",
  "daemon-restart",
  "docker-api",
  "docker-channel",
  "docker-cleanup",
  "docker-daemons",
  "docker-hosts",
  "docker-kill",
  "docker-no-lanes",
  "docker-remote",
  "docker-signals",
  "docker-stopped",
  "doctor",
  "files",
  "lanes",
  "podman-service",
].map((name) => `test/engines/${name}.test.ts`);

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
      {
        test: {
          name: "engines",
          sequence: { groupOrder: 1 },
          include: ["test/engines/**/*.test.ts", "test/attacks/**/*.test.ts"],
          exclude: ALONE,
          // They wait more than they compute.
          maxWorkers: 3,
          ...ENGINES,
        },
      },
      { test: { name: "alone", sequence: { groupOrder: 2 }, include: ALONE, fileParallelism: false, ...ENGINES } },
    ],
  },
});

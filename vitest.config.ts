import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    reporters: ["default", "./test/skipped-reporter.ts"],
    projects: [
      { test: { name: "unit", include: ["test/**/*.test.ts"], exclude: ["test/engines/**", "test/attacks/**"], testTimeout: 30_000 } },
      {
        test: {
          name: "engines",
          include: ["test/engines/**/*.test.ts", "test/attacks/**/*.test.ts"],
          testTimeout: 120_000,
          hookTimeout: 300_000,
          fileParallelism: false,
        },
      },
    ],
  },
});

import { expect, test } from "vitest";
import { runAssay } from "./run-assay.ts";
import { sumsTask } from "./sums.ts";

test("a task is shown with everything decided, and its first instance", async () => {
  const { stdout, code } = await runAssay(sumsTask(), ["inspect", "./sums.ts", "-o", "sampling.temperature=0.5"]);

  expect(code).toBe(0);
  expect(stdout).toMatchInlineSnapshot(`
    "sums  Adds a number to itself.
      version      1
      instances    3, 1 epoch
      data         its own
      sampling     temperature=0.5
      limits       turns=100
      harness      baseline: scaffold direct, no tools
      sandbox      none
      scorers      exact
      metrics      accuracy (maximize, primary)

    Instance s1, about 2 tokens
    user
      1 + 1?
    "
  `);
});

test("--request prints the request of the chosen instance, --formatted its messages", async () => {
  const request = await runAssay(sumsTask(), ["inspect", "./sums.ts", "--instance", "s3", "--request"]);
  expect(JSON.parse(request.stdout)).toEqual({ kind: "chat", messages: [{ role: "user", content: "3 + 3?" }] });

  const formatted = await runAssay(sumsTask(), ["inspect", "./sums.ts", "--instance", "s3", "--formatted"]);
  expect(formatted.stdout).toBe("user\n  3 + 3?\n");
});

test("--tokens says that it estimates", async () => {
  const { stdout } = await runAssay(sumsTask(), ["inspect", "./sums.ts", "--tokens"]);
  expect(stdout).toMatchInlineSnapshot(`
    "sums  estimates at four characters a token, first calls only, tools included
      all          6 in 3 instances
      each         2 to 2, median 2
      s1           2
    "
  `);
});

test("--json has the same in one document", async () => {
  const { stdout, code } = await runAssay(sumsTask(), ["inspect", "./sums.ts", "--json", "-H", "agent"]);

  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({
    schema: "assay/inspect@1",
    suites: [],
    tasks: [
      {
        spec: "sums",
        instances: 3,
        harness: { name: "agent", scaffold: "react" },
        sandbox: { backend: "embedded", isPerTrial: true },
        primaryMetric: "accuracy",
        instance: { id: "s1", hasReference: true },
      },
    ],
  });
});

import { expect, test } from "vitest";
import { oneLine } from "../../../../sandboxes/container/engine/engine.ts";

test.each([
  [
    "an engine's answer before the client's own words",
    Object.assign(new Error("(HTTP 500)"), { json: { message: "no\r\n\tspace " } }),
    "no space",
  ],
  ["what a terminal would act upon", new Error("failed\u001B[2J\u0007: all\u009B1m"), "failed [2J : all 1m"],
  ["more than 300 characters", "x".repeat(301), "x".repeat(300)],
])("what was said comes on one line: %s", (_name, said, line) => {
  expect(oneLine(said)).toBe(line);
});

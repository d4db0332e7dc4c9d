import { expect, test } from "vitest";
import { AssayError, defineTool, endsAtLeast, ERROR_CODES, type ErrorEnds, type ToolContext, z } from "../../src/index.ts";
import { executeCall } from "../../src/run/trial/tool-use.ts";

const levels: ErrorEnds[] = ["call", "attempt", "trial", "run"];
const reachedBy = (code: string) => levels.filter((level) => endsAtLeast(code, level));

test("an error ends what its code says and everything less", () => {
  expect(reachedBy("sandbox/path")).toEqual(["call"]);
  expect(reachedBy("sandbox/gone")).toEqual(["call", "attempt"]);
  expect(reachedBy("model/rejected")).toEqual(["call", "attempt", "trial"]);
  expect(reachedBy("model/unauthorized")).toEqual(levels);
  expect(reachedBy("of/another-version")).toEqual(["call", "attempt"]);
  // A name that every object has is no code.
  expect(reachedBy("constructor")).toEqual(["call", "attempt"]);
});

test("what a tool throws is told to the model, unless it ends more than the call", async () => {
  const context: ToolContext = {
    get sandbox(): never {
      throw new Error("no sandbox here");
    },
    signal: new AbortController().signal,
    commandTimeoutMs: 1000,
    state: async (create) => create(),
  };
  for (const code of Object.keys(ERROR_CODES) as (keyof typeof ERROR_CODES)[]) {
    const tool = defineTool({
      name: "breaks",
      description: "Breaks.",
      input: z.object({}),
      execute: () => {
        throw new AssayError(code, "It broke.");
      },
    });
    const call = executeCall(tool, {}, context);
    if (ERROR_CODES[code].ends === "call") expect(await call).toEqual({ failure: "failed", text: "The tool breaks failed: It broke." });
    else await expect(call).rejects.toMatchObject({ code });
  }
});

/** Known answers that no engine of ours computed: every formula and extractor that exists is held against them. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { hasPython } from "../scoring/local-sandbox.ts";
import { isAsExpected } from "./compare.ts";
import { functions } from "./functions.ts";

const tableSchema = z.object({
  cases: z.array(
    z.object({
      id: z.string(),
      fn: z.string(),
      kind: z.enum(["math", "policy", "target", "compat", "anti"]),
      input: z.unknown(),
      expected: z.unknown(),
      tolerance: z.number().default(0),
      note: z.string().nullish(),
    }),
  ),
});

const folder = process.env["ASSAY_CASES"];
const runsPython = new Set(["humaneval.program", "humaneval.assemble", "humaneval.olmoFullFunctionReply"]);

if (folder === undefined || !existsSync(folder)) {
  test("the case tables are here", ({ skip }) => {
    skip(`set ASSAY_CASES to the folder of the case tables (it is ${folder ?? "unset"})`);
    expect(folder).toBeDefined();
  });
} else {
  const files = readdirSync(folder)
    .filter((name) => name.endsWith(".json"))
    .sort();
  describe.each(files)("%s", (file) => {
    const { cases } = tableSchema.parse(JSON.parse(readFileSync(join(folder, file), "utf8")));
    const known = cases.filter(({ fn }) => fn in functions);
    const names = (list: typeof cases) => new Set(list.map(({ fn }) => fn));

    test("says how many of its functions exist here", () => {
      const missing = names(cases.filter(({ fn }) => !(fn in functions)));
      console.log(
        `${file}: ${names(known).size} of ${names(cases).size} functions exist, ${known.length} of ${cases.length} cases are checked.\n` +
          `Not there yet: ${[...missing].join(", ") || "none"}.`,
      );
      expect(known.length).toBeGreaterThan(0);
    });

    for (const item of known) {
      test.skipIf(!hasPython && runsPython.has(item.fn))(`${item.id} (${item.kind})`, async () => {
        const value = await functions[item.fn]?.(item.input);
        const isSame = isAsExpected(value, item.expected, item.tolerance);
        // shown in full where it is not so; of kind "anti" is what we must not give.
        expect({ input: item.input, value, table: item.expected, isSame }).toMatchObject({ isSame: item.kind !== "anti" });
      });
    }
  });
}

import fc from "fast-check";
import { expect, test } from "vitest";
import { AssayError } from "../../src/core/errors.ts";
import { overrideKeys, parseOverrides } from "../../src/run/overrides.ts";
import { resolveSpecs } from "../../src/run/resolve.ts";

test("values are JSON, or text where they are not; paths nest; a later one wins", () => {
  expect(
    parseOverrides([
      "limits.turns=5",
      "limits.tokens=100",
      "limits.turns=7",
      'sampling.stop=["a","b"]',
      "harness.systemPrompt=42",
      "data=rows.jsonl",
    ]),
  ).toEqual({
    limits: { turns: 7, tokens: 100 },
    sampling: { stop: ["a", "b"] },
    harness: { systemPrompt: "42" },
    data: "rows.jsonl",
  });
});

test.each([
  ["limits.turn=5", /no setting "limits.turn".*/, /limits\.turns/],
  ["limits.turns=many", /limits\.turns=many/, /JSON/],
  ["limits.turns", /expected key=value/, /sampling\.temperature/],
  ["limit.turns=1", /no setting/, /limits\.turns/],
  ["__proto__.polluted=1", /no setting/, /./],
])("-o %s is refused with the reason and the nearest key", (option, message, hint) => {
  const refusal = (() => {
    try {
      return parseOverrides([option]);
    } catch (error) {
      return error;
    }
  })();
  expect(refusal).toBeInstanceOf(AssayError);
  expect(refusal).toMatchObject({ code: "usage/bad-override", message: expect.stringMatching(message), hint: expect.stringMatching(hint) });
});

test("any text is either parsed or refused as a bad override, and pollutes nothing", () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (key, value) => {
      try {
        parseOverrides([`${key}=${value}`]);
      } catch (error) {
        if (!(error instanceof AssayError)) throw error;
      }
      expect({}).not.toHaveProperty("polluted");
    }),
  );
});

test("every key that is listed is understood", () => {
  const keys = overrideKeys().map(({ key }) => key);
  expect(keys).toContain("limits.workingMs");
  expect(keys).toContain("provider.baseURL");
  expect(keys).toContain("sampling.temperature");
});

test("data= for several tasks is refused, data.<task>= reaches its task only", async () => {
  await expect(resolveSpecs(["gsm8k", "humaneval"], parseOverrides(["data=x.jsonl"]))).rejects.toMatchObject({
    code: "usage/bad-override",
  });
  await expect(resolveSpecs(["gsm8k"], parseOverrides(["data.gsm=x.jsonl"]))).rejects.toMatchObject({ hint: "Did you mean gsm8k?" });
  const { tasks } = await resolveSpecs(["gsm8k", "gsm8k:cot", "humaneval"], parseOverrides(["data.gsm8k=x.jsonl"]));
  expect(tasks.map(({ spec, data }) => [spec, data])).toEqual([
    ["gsm8k", "x.jsonl"],
    ["gsm8k:cot", "x.jsonl"],
    ["humaneval", undefined],
  ]);
});

test("a nested suite becomes its leaf tasks, each once", async () => {
  const { tasks, suites } = await resolveSpecs(["starter", "gsm8k"], {});
  const specs = tasks.map((task) => task.spec);
  expect(new Set(specs).size).toBe(specs.length);
  expect(specs).toContain("gsm8k");
  expect(suites[0]?.children.length).toBeGreaterThan(1);
});

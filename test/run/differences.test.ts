import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Json } from "../../src/core/json.ts";
import { differencesOf } from "../../src/run/differences.ts";
import { findRun } from "../../src/run/find-run.ts";

test("a difference is the path to each leaf that differs, with what was and what is", () => {
  const before = { limits: { turns: 9, tokens: 5 }, tools: ["bash"], gone: true, same: { deep: 1 } };
  const after = { limits: { turns: 9, tokens: 6 }, tools: ["bash", "python"], same: { deep: 1 }, prompt: "x".repeat(100) };
  expect(differencesOf(before, after, "harness")).toEqual([
    "harness.gone: true → nothing",
    "harness.limits.tokens: 5 → 6",
    `harness.prompt: nothing → "${"x".repeat(56)}…`,
    'harness.tools: ["bash"] → ["bash","python"]',
  ]);
});

test("equal values have no difference, whatever they are", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const plain = JSON.parse(JSON.stringify(value)) as Json;
      expect(differencesOf(plain, structuredClone(plain))).toEqual([]);
    }),
  );
});

test("a run is found by its folder, its id, or a part of its id that fits only one", async () => {
  const out = await mkdtemp(join(tmpdir(), "assay-find-"));
  try {
    for (const id of ["20260101T000000-sums-mock-aaaa", "20260102T000000-sums-mock-bbbb"]) {
      await mkdir(join(out, id));
      await writeFile(join(out, id, "run.json"), "{}");
    }
    const wanted = join(out, "20260102T000000-sums-mock-bbbb");
    expect(await findRun(wanted, "elsewhere")).toBe(wanted);
    expect(await findRun("20260102T000000-sums-mock-bbbb", out)).toBe(wanted);
    expect(await findRun("bbbb", out)).toBe(wanted);
    await expect(findRun("sums", out)).rejects.toMatchObject({ code: "run/not-found", hint: expect.stringContaining("-aaaa, 2026") });
    await expect(findRun("20260103T000000-sums-mock-bbbb", out)).rejects.toMatchObject({
      hint: expect.stringContaining("Did you mean 20260102"),
    });
  } finally {
    await rm(out, { recursive: true });
  }
});

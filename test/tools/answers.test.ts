import { readdir } from "node:fs/promises";
import { expect, it } from "vitest";
import { z } from "zod";
import type { Sandbox } from "../../src/core/sandbox.ts";
import type { AnyTool } from "../../src/core/tool.ts";
import { loadPart } from "../../src/run/registry.ts";
import submit from "../../tools/submit.ts";
import think from "../../tools/think.ts";
import { toolBench } from "./tool-context.ts";

const noSandbox = new Proxy(
  {},
  {
    get: () => {
      throw new Error("this trial has no sandbox");
    },
  },
) as Sandbox;

it("submits the answer as it was given", async () => {
  expect(await toolBench(noSandbox).use(submit, { answer: "  42\n" })).toEqual({ text: "Submitted.", submitted: { answer: "  42\n" } });
  expect(() => submit.input.parse({})).toThrow("expected string");
});

it("takes a thought and does nothing", async () => {
  expect(await toolBench(noSandbox).use(think, { thought: "why?" })).toEqual({ text: "Noted." });
});

it("finds every tool by its file name, with an input that providers accept", async () => {
  const files = (await readdir(new URL("../../tools/", import.meta.url))).filter((name) => name.endsWith(".ts"));
  const tools: AnyTool[] = await Promise.all(files.map((file) => loadPart("tool", file.replace(/\.ts$/, ""))));
  expect(tools.map((tool) => `${tool.name}.ts`)).toEqual(files);
  for (const tool of tools) {
    const schema = z.toJSONSchema(tool.input, { io: "input" });
    expect([tool.name, schema.type, JSON.stringify(schema).includes("anyOf")]).toEqual([tool.name, "object", false]);
    expect(
      Object.values(schema.properties ?? {}).every((property) => typeof property === "object" && (property.description ?? property.enum)),
    ).toBeTruthy();
  }
});

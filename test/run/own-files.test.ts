import { expect, test } from "vitest";
import { runAssay } from "../cli/run-assay.ts";
import { oneTrialTask } from "./stored-run.ts";

const task = oneTrialTask('reference: { text: "42" }').replace("sandbox: {},", "");
const words = (file: string) => ["run", "-m", "mock/oracle", "-t", `./${file}`, "-H", "baseline"];

test("a TypeScript task runs in a folder that npm init has made a CommonJS package", async () => {
  const run = await runAssay({ "package.json": '{ "type": "commonjs" }', "task.ts": task }, words("task.ts"));
  expect({ code: run.code, stderr: run.stderr }).toMatchObject({ code: 0, stderr: expect.stringContaining("completed") });
});

test("a JavaScript task in such a folder is answered with what to do", async () => {
  const run = await runAssay({ "package.json": '{ "type": "commonjs" }', "task.js": task }, words("task.js"));
  expect(run.code).toBe(2);
  expect(run.stderr.trim().split("\n").at(-1)).toMatch(/task\.js could not be loaded.*Name it \.mjs or \.ts.*\[config\/not-loadable\]$/);
});

import { expect, test } from "vitest";
import { project } from "./project.ts";

const TASK = `
import { accuracy, defineTask, exactMatch, z } from "assay";
export default defineTask({
  name: "tones",
  description: "A task with everything that a variant may change.",
  source: () => [{}],
  row: z.object({}),
  settings: { schema: z.object({ tone: z.enum(["plain", "rude", "kind"]), shots: z.number() }), defaults: { tone: "plain", shots: 0 } },
  toInstance: () => ({ id: "only", data: {} }),
  format: (_instance, { settings }) => ({ kind: "chat", messages: [{ role: "user", content: settings.tone + " " + settings.shots }] }),
  sampling: { temperature: 0.1, maxTokens: 100 },
  limits: { turns: 10, tokens: 1000 },
  scorers: [exactMatch({ expected: () => "1" })],
  metrics: [accuracy({ score: "exact" })],
  primaryMetric: "accuracy",
  variants: {
    rude: { description: "Rude.", settings: { tone: "rude" }, sampling: { temperature: 0.5 }, limits: { turns: 5 }, epochs: 2 },
    kind: { description: "Kind.", settings: { tone: "kind" }, limits: { turns: 3 }, epochs: 3 },
    "3shot": { description: "Three examples.", settings: { shots: 3 } },
  },
});
`;

const HARNESS = "name: own\nscaffold: direct\nsampling: { temperature: 1, topP: 0.9 }\nlimits: { turns: 50, costUsd: 2 }\n";

async function inspected(spec: string, ...options: string[]): Promise<unknown> {
  await using folder = await project({ "task.ts": TASK, "own.yaml": HARNESS });
  const { stdout, stderr } = await folder.assay(["inspect", spec, "--json", ...options]);
  return stdout === "" ? stderr : JSON.parse(stdout).tasks[0];
}

test("variants compose from left to right: the last one to say something is heard, what none says stays", async () => {
  expect(await inspected("./task.ts:rude:3shot:kind")).toMatchObject({
    spec: "tones:rude:3shot:kind",
    settings: { tone: "kind", shots: 3 },
    sampling: { temperature: 0.5, maxTokens: 100 },
    limits: { turns: 3, tokens: 1000 },
    epochs: 3,
    instance: { request: { messages: [{ content: "kind 3" }] } },
  });
  expect(await inspected("./task.ts:kind:rude")).toMatchObject({ settings: { tone: "rude", shots: 0 }, limits: { turns: 5 }, epochs: 2 });
});

test("an override wins over a variant, a variant over its task, a task over the harness", async () => {
  const overrides = ["-o", "limits.tokens=7", "-o", "sampling.maxTokens=8", "-o", "settings.tone=plain"];
  expect(await inspected("./task.ts:rude", "-H", "./own.yaml", ...overrides)).toMatchObject({
    settings: { tone: "plain", shots: 0 },
    // From, in turn: the harness, the task, the variant, the override.
    limits: { costUsd: 2, turns: 5, tokens: 7 },
    sampling: { topP: 0.9, temperature: 0.5, maxTokens: 8 },
  });
});

test.each([
  [["./task.ts:kid"], /no variant "kid".*Did you mean kind\?.*\[usage\/unknown-name\]/],
  [["./task.ts:rude", "-o", "settings.shot=1"], /settings\.shot.*Did you mean shots\?.*\[usage\/bad-override\]/],
  [["./task.ts", "-o", "settings.tone=loud"], /Settings of tones:.*"plain".*tone.*\[usage\/bad-override\]/],
])("%j is refused with the nearest name", async ([spec = "", ...options], refusal) => {
  expect(await inspected(spec, ...options)).toMatch(refusal);
});

/** What the types of each define… function promise to a user's file. Compiled by `npm run check`, never run. */
import { expectTypeOf, test } from "vitest";
import {
  accuracy,
  defineHarness,
  defineProvider,
  defineSandbox,
  defineScaffold,
  defineScorer,
  defineSuite,
  defineTask,
  defineTool,
  exactMatch,
  z,
  type Availability,
  type Message,
  type ModelSpec,
  type SandboxCapabilities,
  type Scorer,
  type ToolDefinition,
} from "../../src/index.ts";

const row = z.object({ question: z.string(), answer: z.number() });
const capabilities: SandboxCapabilities = {
  hasPython: true,
  hasProcesses: true,
  hasPackages: true,
  hasNetwork: false,
  hasAllowList: false,
  sealsAllowList: false,
  canUseImages: false,
  canSwitchUser: false,
  canUseGpus: false,
  canLimitResources: false,
  isBinarySafe: true,
  hasServices: false,
  canSnapshot: false,
  protectsVerifier: false,
};
const task = { name: "sums", description: "Adds.", metrics: [accuracy({ score: "exact" })], primaryMetric: "accuracy" };

test("a task's functions know the types of its rows, data and settings", () => {
  defineTask({
    ...task,
    source: () => [{ question: "1 + 1", answer: 2 }],
    row,
    settings: { schema: z.object({ shots: z.number() }), defaults: { shots: 0 } },
    toInstance: (item, index, settings) => {
      expectTypeOf(item).toEqualTypeOf<{ question: string; answer: number }>();
      expectTypeOf(index).toBeNumber();
      expectTypeOf(settings.shots).toBeNumber();
      return { id: String(index), data: { question: item.question, expected: String(item.answer) } };
    },
    format: ({ data }, context) => {
      expectTypeOf(data).toEqualTypeOf<{ question: string; expected: string }>();
      expectTypeOf(context.settings.shots).toBeNumber();
      return { kind: "chat", messages: [{ role: "user", content: data.question }] };
    },
    scorers: [exactMatch<{ question: string; expected: string }>({ expected: ({ data }) => data.expected })],
    variants: {
      // @ts-expect-error a variant changes settings that the task has
      "3shot": { description: "Three examples.", settings: { shot: 3 } },
    },
  });
});

test("a task without a way to grade, or with a request of an unknown kind, is refused", () => {
  const parts = { ...task, source: () => [], row, toInstance: () => ({ id: "1", data: null }) };
  // @ts-expect-error scorers are missing
  defineTask({ ...parts, format: () => ({ kind: "chat", messages: [] }) });
  // @ts-expect-error there is no such kind of request
  defineTask({ ...parts, scorers: [], format: () => ({ kind: "talk", messages: [] }) });
});

test("a tool's input is what its schema says", () => {
  const tool = defineTool({
    name: "count",
    description: "Counts.",
    input: z.object({ path: z.string(), times: z.number().optional() }),
    execute: (input, context) => {
      expectTypeOf(input).toEqualTypeOf<{ path: string; times?: number | undefined }>();
      expectTypeOf(context.commandTimeoutMs).toBeNumber();
      return { text: input.path };
    },
  });
  expectTypeOf(tool).toEqualTypeOf<ToolDefinition<{ path: string; times?: number | undefined }>>();
  // @ts-expect-error a failure is one of the known kinds
  defineTool({ name: "count", description: "Counts.", input: z.object({}), execute: () => ({ text: "", failure: "oops" }) });
});

test("a scorer sees its task's data and an output that may be missing", () => {
  const scorer = defineScorer<{ expected: string }>({
    name: "same",
    score: ({ output, instance }) => {
      expectTypeOf(output).toEqualTypeOf<string | null>();
      return { value: output === instance.data.expected ? 1 : 0 };
    },
  });
  expectTypeOf(scorer).toEqualTypeOf<Scorer<{ expected: string }>>();
  // @ts-expect-error a score has a value, if only null
  defineScorer({ name: "same", score: () => ({ reason: "none" }) });
});

test("a sandbox says everything that it can and cannot do", () => {
  const parts = {
    name: "mine",
    description: "Mine.",
    availability: (): Promise<Availability> => Promise.resolve({ isAvailable: true, detail: "" }),
    open: () => Promise.reject(new Error("none")),
  };
  defineSandbox({ ...parts, capabilities });
  // @ts-expect-error hasPython and the others are missing
  defineSandbox({ ...parts, capabilities: { hasNetwork: true } });
});

test("a scaffold drives the trial, and nothing else", () => {
  defineScaffold({
    name: "twice",
    description: "Asks twice.",
    toolStyle: "none",
    run: async (trial) => {
      expectTypeOf(trial.say).parameter(0).toEqualTypeOf<Message>();
      const reply = await trial.ask();
      expectTypeOf(reply.text).toBeString();
      trial.answer(reply.text);
    },
  });
  // @ts-expect-error tools are offered in one of the known styles
  defineScaffold({ name: "twice", description: "Asks twice.", toolStyle: "xml", run: () => Promise.resolve() });
});

test("a provider is opened with the parts of its spec", () => {
  defineProvider({
    name: "mine",
    description: "Mine.",
    open: (spec) => {
      expectTypeOf(spec).toEqualTypeOf<ModelSpec>();
      throw new Error("none");
    },
  });
  // @ts-expect-error a provider can be opened
  defineProvider({ name: "mine", description: "Mine." });
});

test("harnesses and suites are plain data, checked key by key", () => {
  defineHarness({ name: "mine", scaffold: "react", tools: ["bash"], limits: { turns: 3 } });
  // @ts-expect-error there is no such limit
  defineHarness({ name: "mine", scaffold: "react", limits: { turn: 3 } });
  defineSuite({ name: "mine", description: "Mine.", members: ["basics"], aggregation: "AVERAGE" });
  // @ts-expect-error there is no such rule
  defineSuite({ name: "mine", description: "Mine.", members: ["basics"], aggregation: "MEDIAN" });
});

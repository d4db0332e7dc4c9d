import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { orderOf, runIn, runOf } from "./whole-run.ts";

test("each step's changes are captured while the model thinks, and replay shows them under the step", { timeout: 60_000 }, async () => {
  const { events, replayed } = await runOf(
    [
      "sed -i s/two/2/ src/a.py; echo new > out.txt",
      "mkdir /tmp/watched; echo w > /tmp/watched/file; mv out.txt 'b, D c'; echo x > /tmp/elsewhere",
      "rm 'b, D c'",
    ],
    "embedded",
  );
  expect(orderOf(events)).toMatchInlineSnapshot(`
    [
      "model.request",
      "sandbox.files start null",
      "model.response",
      "tool.call",
      "tool.result",
      "model.request",
      "sandbox.files step [1,1]",
      "model.response",
      "tool.call",
      "tool.result",
      "model.request",
      "sandbox.files step [2,2]",
      "model.response",
      "tool.call",
      "tool.result",
      "model.request",
      "sandbox.files step [3,3]",
      "model.response",
      "tool.call",
      "tool.result",
      "sandbox.files end [4,4]",
      "score.given",
    ]
  `);
  expect(
    replayed
      .split("\n")
      .filter((line) => /^(── |files:)/.test(line))
      .map((line) => line.replace(/ at .*/, "")),
  ).toMatchInlineSnapshot(`
    [
      "── start ",
      "── turn 1 ",
      "files: A out.txt, M src/a.py (+1 −1)",
      "── turn 2 ",
      "files: A /tmp/watched/, A /tmp/watched/file, R out.txt → "b, D c"",
      "── turn 3 ",
      "files: D "b, D c"",
      "── turn 4 ",
      "files: W /tmp/elsewhere",
      "── end ",
    ]
  `);
});

test("a trial that met a limit is looked at once more all the same", { timeout: 60_000 }, async () => {
  const { events } = await runOf(["echo x > made", "true"], "embedded", "limits.turns=1");
  expect(events.findLast(({ type }) => type === "sandbox.files")).toMatchObject({
    phase: "end",
    calls: [1, 1],
    changes: [{ path: "/workspace/made", change: "created" }],
  });
});

/** Longer than the model thinks. */
const LISTING_MS = 4_000;
const SLOW_LISTINGS = `
import { setTimeout as sleep } from "node:timers/promises";
import embedded from ${JSON.stringify(fileURLToPath(new URL("../../../sandboxes/embedded.ts", import.meta.url)))};
export default {
  ...embedded,
  name: "slow",
  async open() {
    const backend = await embedded.open();
    const start = async (...args) => {
      const sandbox = await backend.start(...args);
      const listFiles = async (...args) => (await sleep(${LISTING_MS}), sandbox.listFiles(...args));
      return { ...sandbox, listFiles };
    };
    return { ...backend, start };
  },
};
`;

test(
  "a first look that takes longer than the model is waited for before a tool call, and is no part of its time",
  { timeout: 60_000 },
  async () => {
    const { events } = await runIn({ "slow.ts": SLOW_LISTINGS }, ["echo x > made"], "./slow.ts");
    const types = orderOf(events);
    expect(types.indexOf("sandbox.files start null")).toBeGreaterThan(types.indexOf("model.response"));
    expect(types.indexOf("sandbox.files start null")).toBeLessThan(types.indexOf("tool.call"));
    const [call, result] = ["tool.call", "tool.result"].map((type) => events.find((event) => event.type === type));
    expect((result?.t ?? Infinity) - (call?.t ?? 0)).toBeLessThan(LISTING_MS / 2);
  },
);

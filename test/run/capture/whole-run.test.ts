import { expect, test } from "vitest";
import { orderOf, runOf } from "./whole-run.ts";

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

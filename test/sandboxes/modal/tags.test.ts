import { expect, it } from "vitest";
import { reasonToKeep } from "../../../sandboxes/container/engine/owner.ts";
import { labelsOf, ownerTags } from "../../../sandboxes/modal/tags.ts";

const OWNER = { runId: "run-1", trialId: "a task/an instance with ünïcødé/1", attempt: 2 };

it("says whose a sandbox is in short plain tags, from which its owner's life can be told", async () => {
  const tags = await ownerTags(OWNER);
  for (const [name, value] of Object.entries(tags)) expect([name, value].every((word) => /^[\w.-]{1,60}$/.test(word))).toBe(true);
  expect(await reasonToKeep(labelsOf(tags), true)).toBe(`process ${process.pid} is alive`);
});

it("keeps what has no owner in its tags", async () => {
  expect(await reasonToKeep(labelsOf({ assay: "sandbox" }), true)).toContain("does not say which process made it");
});

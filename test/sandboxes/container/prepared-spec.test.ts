import { expect, test } from "vitest";
import { containerBackend } from "../../../sandboxes/container/backend.ts";
import { sandboxSpecSchema, type Snapshot } from "../../../src/index.ts";
import { stubEngine } from "./stub-engine.ts";

const NOTHING: Snapshot = {
  kind: "archive",
  image: "sha256:1",
  deleted: [],
  replaced: [],
  tar: (async function* () {})(),
  counted: { files: 0 },
};

test("no sandbox with services starts from a snapshot, which holds nothing of them", async () => {
  await using stub = await stubEngine(() => ({ status: 500 }));
  const owner = { runId: "r", trialId: "t", attempt: 1 };
  const starting = containerBackend(stub.engine).start(sandboxSpecSchema.parse({ compose: "compose.yaml" }), { owner, snapshot: NOTHING });
  await expect(starting).rejects.toMatchObject({
    code: "sandbox/snapshot",
    message: expect.stringContaining("nothing of what is in them"),
  });
  expect(stub.requests).toEqual([]);
});

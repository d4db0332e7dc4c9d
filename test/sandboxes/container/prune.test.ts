import { expect, test } from "vitest";
import { prune } from "../../../sandboxes/container/prune.ts";
import { ownIdentity } from "../../../src/index.ts";
import { stubEngine } from "./stub-engine.ts";

test("a dead owner's container that the engine does not remove is told after 10 s, and the others go", { timeout: 60_000 }, async () => {
  const dead = JSON.stringify({ ...(await ownIdentity()), startedAt: "0" });
  const left = new Set(["stuck", "other"]);
  await using stub = await stubEngine(({ path }) => {
    if (path.startsWith("/volumes")) return { body: { Volumes: [] } };
    if (path.startsWith("/networks")) return { body: [] };
    if (path.startsWith("/images/prune")) return { body: {} };
    if (path.startsWith("/containers/json"))
      return { body: [...left].map((Id) => ({ Id, Names: [`/${Id}`], Labels: { "assay.owner": dead }, State: "running" })) };
    return path.startsWith("/containers/other") && left.delete("other") ? { status: 204 } : undefined;
  });
  const startedAt = performance.now();
  const pruned = await prune(stub.engine);
  const tookMs = performance.now() - startedAt;
  expect(pruned).toEqual({
    removed: ["other"],
    kept: [{ id: "stuck", reason: "its owner is dead, but it cannot be removed: the engine did not do it within 10 s" }],
  });
  expect(tookMs).toBeLessThan(20_000);
});

import { createServer } from "node:http";
import { mkdtempDisposable } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Docker from "dockerode";
import { expect, test } from "vitest";
import { NO_DIFFERENCES } from "../../../../sandboxes/container/engine/differences.ts";
import { prune } from "../../../../sandboxes/container/engine/prune.ts";
import { ownIdentity } from "../../../../src/index.ts";

test("a dead owner's container that the engine does not remove is told after 10 s, and the others go", { timeout: 60_000 }, async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), "assay-prune-"));
  const socketPath = join(folder.path, "engine.sock");
  const dead = JSON.stringify({ ...(await ownIdentity()), startedAt: "0" });
  const left = new Set(["stuck", "other"]);
  const server = createServer((request, response) => {
    const path = request.url ?? "";
    const answer = (body: unknown): void => void response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(body));
    if (path.startsWith("/volumes")) return answer({ Volumes: [] });
    if (path.startsWith("/containers/json"))
      return answer([...left].map((Id) => ({ Id, Names: [`/${Id}`], Labels: { "assay.owner": dead }, State: "running" })));
    if (path.startsWith("/containers/other") && left.delete("other")) response.writeHead(204).end();
  });
  await new Promise<void>((resolve) => void server.listen(socketPath, resolve));
  const docker = new Docker({ socketPath, host: "" });
  const startedAt = performance.now();
  const pruned = await prune({ docker, title: "Stub", address: "unix://stub", differences: NO_DIFFERENCES });
  const tookMs = performance.now() - startedAt;
  server.closeAllConnections();
  server.close();
  expect(pruned).toEqual({
    removed: ["other"],
    kept: [{ id: "stuck", reason: "its owner is dead, but it cannot be removed: the engine did not do it within 10 s" }],
  });
  expect(tookMs).toBeLessThan(20_000);
});

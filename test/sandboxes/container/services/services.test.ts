import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { parseComposeFile } from "../../../../sandboxes/container/services/compose/compose-file.ts";
import { startServices } from "../../../../sandboxes/container/services/services.ts";
import { stubEngine, type StubAnswer, type StubRequest } from "../stub-engine.ts";
import { unhandledRejections } from "../unhandled-rejections.ts";

const COMPOSE = parseComposeFile("services: { main: { image: one }, broken: { image: one }, slow: { image: one } }", "compose.yaml");
const IMAGE = { id: "one", image: "one", digest: "sha256:1" };

/** Has no room for the service `broken` and takes its time for `slow`. */
async function answer({ method, path }: StubRequest): Promise<StubAnswer> {
  if (method === "DELETE") return { status: 204 };
  if (path.startsWith("/networks/create")) return { status: 201, body: { Id: "network" } };
  if (/\/create\?name=assay-\w+-broken&/.test(path)) return { status: 500, body: { message: "no space left on device" } };
  if (/\/create\?name=assay-\w+-slow&/.test(path)) await sleep(50);
  return { status: path.startsWith("/containers/create") ? 201 : 204, body: { Id: "container" } };
}

test("one that fails while the engine is still busy with another fails the start alone, once nothing is under way, and all are removed", async () => {
  using unhandled = unhandledRejections();
  await using stub = await stubEngine(answer);
  const images = new Map(COMPOSE.services.map(({ name }) => [name, IMAGE]));
  const request = { compose: COMPOSE, images, network: "none" as const, labels: {}, signal: undefined, onLeft: () => {} };
  await expect(startServices(stub.engine, request)).rejects.toMatchObject({
    code: "sandbox/failed",
    message: "Stub could not start service broken: no space left on device",
  });
  const said = stub.requests.map(({ method, path }) => `${method} ${path.replace(/assay-[0-9a-f]+/, "KEY").replace(/\?.*/, "")}`);
  expect(said.slice(said.indexOf("POST /containers/KEY-slow/start") + 1)).toEqual([
    "DELETE /containers/KEY-broken",
    "DELETE /containers/KEY-slow",
    "DELETE /networks/KEY-default",
  ]);
  expect(unhandled.reasons).toEqual([]);
});

import type { Duplex } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { openNetwork } from "../../../../sandboxes/container/allow-list/network.ts";
import { stubEngine, type StubAnswer, type StubRequest } from "../stub-engine.ts";
import { unhandledRejections } from "../unhandled-rejections.ts";

/** An engine whose forwarder's container is started after a while, and never listens; `begun` is told of the start, with the stream to it. */
function startingSlowly(begun: (forwarder: Duplex | undefined) => void) {
  let forwarder: Duplex | undefined;
  return async ({ path }: StubRequest): Promise<StubAnswer> => {
    if (path.startsWith("/containers/create")) return { status: 201, body: { Id: "forwarder" } };
    if (path.includes("/attach")) return { attached: (stream) => (forwarder = stream) };
    begun(forwarder);
    await sleep(50);
    return { status: 204 };
  };
}

async function opening(begun: (forwarder: Duplex | undefined) => void, signal?: AbortSignal): Promise<unknown> {
  await using stub = await stubEngine(startingSlowly(begun));
  const { engine, docker } = stub;
  const request = {
    engine,
    container: docker.getContainer("box"),
    imageId: "one",
    labels: {},
    allow: ["example.org"],
    resolve: async () => [],
    signal,
  };
  const created: string[] = [];
  const error = await openNetwork(request, ({ id }) => created.push(id)).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(created).toEqual(["box-network"]);
  return error;
}

test("a forwarder that ends while it is being started fails that start, and nothing beside it", async () => {
  using unhandled = unhandledRejections();
  expect(await opening((forwarder) => forwarder?.destroy())).toMatchObject({
    code: "sandbox/failed",
    message: "The forwarder of a sandbox's allow-list broke (Stub): it has ended.",
  });
  expect(unhandled.reasons).toEqual([]);
});

test("a run that is stopped does not wait for a forwarder to listen", async () => {
  const stop = new AbortController();
  const reason = new Error("stopped");
  expect(await opening(() => stop.abort(reason), stop.signal)).toBe(reason);
});

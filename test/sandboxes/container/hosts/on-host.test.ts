import { expect, test } from "vitest";
import { newHost, takeIn, type Host } from "../../../../sandboxes/container/hosts/host.ts";
import { onHost } from "../../../../sandboxes/container/hosts/on-host.ts";
import { plainSandbox } from "./plain-sandbox.ts";

function presentHost(): Host {
  const host = newHost({ title: "Docker", address: () => "unix:///far.sock", hint: "" });
  takeIn(host);
  return host;
}

test("a sandbox of a pool has every member that the plain one has, and none that it lacks", () => {
  const plain = plainSandbox();
  const pooled = onHost(plain, presentHost(), () => {});
  expect(new Set(Reflect.ownKeys(pooled))).toEqual(new Set(Reflect.ownKeys(plain)));
  const { verify: _verify, snapshot: _snapshot, usage: _usage, services: _services, onConnection: _on, isAlive: _alive, ...least } = plain;
  expect(new Set(Reflect.ownKeys(onHost(least, presentHost(), () => {})))).toEqual(new Set(Reflect.ownKeys(least)));
});

test("a host that is taken out ends what waits for its sandbox, the archive of a snapshot included", async () => {
  const host = presentHost();
  const never = new Promise<never>(() => {});
  const sandbox = onHost({ ...plainSandbox(), services: () => never }, host, () => {});
  const snapshot = await sandbox.snapshot?.();
  const pieces = snapshot?.kind === "archive" ? snapshot.tar[Symbol.asyncIterator]() : undefined;
  expect((await pieces?.next())?.value?.toString()).toBe("first");
  const waiting = [pieces?.next(), sandbox.services?.()].map((each) => expect(each).rejects.toMatchObject({ code: "sandbox/gone" }));
  host.presence.abort();
  await Promise.all(waiting);
  expect(await sandbox.isAlive?.()).toBe(false);
});

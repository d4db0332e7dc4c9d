import { once } from "node:events";
import { createServer } from "node:http";
import { expect, test } from "vitest";
import provider from "../../src/models/providers/openai-compatible.ts";
import { completion, open, said, standIn, trial, user } from "./stand-in.ts";

test("a client closes its connections and leaves no timer", async () => {
  const server = createServer((request, response) => {
    request.resume();
    request.on("end", () => response.end(JSON.stringify(completion("ok"))));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  const timers = () => process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;
  const before = timers();
  {
    await using model = await open(provider, "openai-compatible/m", { baseURL: `http://127.0.0.1:${address.port}/v1` });
    await Promise.all(Array.from({ length: 20 }, async () => model.ask(await model.client.forTrial(trial()), [user("a")])));
    expect(await connections(server)).toBeGreaterThan(0);
  }
  await expect.poll(() => connections(server)).toBe(0);
  expect(timers()).toBeLessThanOrEqual(before);
  server.close();
});

function connections(server: ReturnType<typeof createServer>): Promise<number> {
  return new Promise((resolve, reject) => server.getConnections((error, count) => (error ? reject(error) : resolve(count))));
}

test("answers are asked for uncompressed, because bodies are kept as they come", async () => {
  await using server = await standIn([{ body: completion("ok") }]);
  await using model = await open(provider, "openai-compatible/m", { baseURL: server.url });
  await model.ask(await model.client.forTrial(trial()), [user("a")]);
  expect(server.received[0]?.headers["accept-encoding"]).toBe("identity");
});

test("a name with several addresses that all refuse says so once", async () => {
  await using model = await open(provider, "openai-compatible/m", { baseURL: "http://localhost:9/v1", retries: 0 });
  await expect(model.ask(await model.client.forTrial(trial()), [user("a")])).rejects.toMatchObject({
    code: "model/unreachable",
    message: expect.stringMatching(
      /^openai-compatible\/m: no server answers at http:\/\/localhost:9\/v1\/chat\/completions: connect ECONNREFUSED \S+ \(ECONNREFUSED\)\.$/,
    ),
  });
});

test("a server that was there and restarts is waited for", async () => {
  const first = await standIn([{ body: completion("one") }]);
  await using model = await open(provider, "openai-compatible/m", { baseURL: first.url, retries: 3 });
  const trialModel = await model.client.forTrial(trial());
  const reply = await model.ask(trialModel, [user("a")]);
  await first[Symbol.asyncDispose]();
  await expect(model.ask(trialModel, [user("a"), said(reply), user("b")])).rejects.toMatchObject({ code: "model/unreachable" });
  expect(model.waits.at(-1)).toContain("(3 of 3)");
});

test("a hundred turns send what was said, each message converted once", async () => {
  await using server = await standIn([{ body: completion("ok") }]);
  await using model = await open(provider, "openai-compatible/m", { baseURL: server.url });
  const trialModel = await model.client.forTrial(trial());
  const messages = [user("0")];
  for (let turn = 1; turn <= 100; turn++) messages.push(said(await model.ask(trialModel, messages)), user(String(turn)));
  expect(server.received.at(-1)?.json["messages"]).toEqual(messages.slice(0, 199).map(({ role, content }) => ({ role, content })));
});

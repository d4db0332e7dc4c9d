import { expect, test } from "vitest";
import provider from "../../src/models/providers/openai-compatible.ts";
import { completion, open, standIn, trial, user } from "./stand-in.ts";

test("tool arguments that are nested deeper than anybody can look are malformed, and no error of the call", async () => {
  const deep = `{"command":${"[".repeat(20_000)}${"]".repeat(20_000)}}`;
  await using server = await standIn([{ body: completion(null, [{ id: "c1", name: "bash", arguments: deep }]) }]);
  await using model = await open(provider, "openai-compatible/m", { baseURL: server.url });
  const reply = await model.ask(await model.client.forTrial(trial()), [user("hi")]);
  expect(reply.toolCalls).toEqual([{ id: "c1", name: "bash", input: {}, invalidInput: deep }]);
});

import { expect, it } from "vitest";
import direct from "../../src/scaffolds/direct.ts";
import { play } from "./scripted-trial.ts";

it("asks once and answers with the text, cut or not", async () => {
  expect(await play(direct, [{ text: "42" }])).toEqual({ conversation: ["assistant: 42"], calls: [], answer: "42" });
  expect((await play(direct, [{ text: "half an ans", finishReason: "length" }])).answer).toBe("half an ans");
});

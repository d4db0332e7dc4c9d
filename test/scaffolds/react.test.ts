import { expect, it } from "vitest";
import react from "../../src/scaffolds/react.ts";
import { play, toolCall } from "./scripted-trial.ts";

const tools = {
  bash: { plays: "command" as const, execute: () => ({ text: "ran\n[exit code 0]" }) },
  submit: {
    plays: "answer" as const,
    execute: (input: unknown) => ({ text: "Submitted.", submitted: { answer: JSON.stringify(input) } }),
  },
};

it("runs tool calls until the model answers without one", async () => {
  const played = await play(react, [{ text: "let me look", toolCalls: [toolCall("bash")] }, { text: "done: 42" }], tools);
  expect(played.conversation).toEqual(["assistant: let me look", "tool: ran\n[exit code 0]", "assistant: done: 42"]);
  expect(played.answer).toBe("done: 42");
});

it("runs the calls of one turn in order and stops at submit", async () => {
  const turn = [
    toolCall("bash", { command: "1" }),
    toolCall("bash", { command: "2" }),
    toolCall("submit", { answer: "x" }),
    toolCall("bash", { command: "3" }),
  ];
  const played = await play(react, [{ toolCalls: turn, finishReason: "tool-calls" }], tools);
  expect(played.calls).toEqual(turn.slice(0, 3));
  expect(played.answer).toBe('{"answer":"x"}');
});

it("goes on after a call that failed", async () => {
  const played = await play(react, [{ toolCalls: [toolCall("bsh")] }, { text: "sorry, 1" }], tools);
  expect(played.answer).toBe("sorry, 1");
});

it("asks for a shorter reply where one was cut, three times at most", async () => {
  const cut = { text: "The ans", finishReason: "length" as const };
  const once = await play(react, [cut, { text: "The answer is 1" }], tools);
  expect(once.conversation[1]).toBe(
    "user: Your reply was cut off at the length limit. Give it again, shorter: call a tool, or state your complete final answer.",
  );
  expect(once.answer).toBe("The answer is 1");
  expect((await play(react, [cut, cut, cut, { ...cut, text: "last" }], tools)).answer).toBe("last");
});

it("nudges once where a reply is empty, and again only after a tool call", async () => {
  const empty = { text: " \n" };
  expect((await play(react, [empty, { text: "1" }], tools)).conversation[1]).toBe(
    "user: Your reply was empty. Call a tool, or state your final answer.",
  );
  expect((await play(react, [empty, empty], tools)).answer).toBe(" \n");
  expect((await play(react, [empty, { toolCalls: [toolCall("bash")] }, empty, { text: "2" }], tools)).answer).toBe("2");
});

it("takes a filtered reply as it is", async () => {
  expect((await play(react, [{ text: "", finishReason: "content-filter" }], tools)).answer).toBe("");
});

it("tells the model how to end with the tools it has", () => {
  const shell = { name: "bash", description: "Runs a command.", plays: "command" as const };
  const finish = { name: "finish", description: "Ends.", plays: "answer" as const };
  expect(react.instructions?.([shell, finish])).toContain("call the finish tool");
  expect(react.instructions?.([shell, { name: "submit", description: "Sends a form." }])).toContain(
    "reply with your final answer and no tool call",
  );
  expect(react.instructions?.([])).toBeUndefined();
});

import { expect, test } from "vitest";
import type { Message } from "../../src/core/message.ts";
import type { RecordedReply } from "../../src/core/model.ts";
import replay from "../../src/models/providers/replay.ts";
import { open, result, said, trial, user } from "./stand-in.ts";

const usage = { inputTokens: 10, outputTokens: 2, cachedInputTokens: null, reasoningTokens: null };
const task: Message[] = [{ role: "system", content: "Be brief." }, user("List the files.")];
const called: RecordedReply["reply"] = {
  text: "Looking.",
  reasoning: "hm",
  toolCalls: [{ id: "c1", name: "bash", input: { command: "ls" } }],
  finishReason: "tool-calls",
  usage,
};
const ended: RecordedReply["reply"] = { text: "a.txt", reasoning: "", toolCalls: [], finishReason: "stop", usage };
const asMessage = ({ text, reasoning, toolCalls }: RecordedReply["reply"]): Message => ({
  role: "assistant",
  content: text,
  reasoning,
  toolCalls,
});

const recorded: RecordedReply[] = [
  { sent: task, reply: called },
  { sent: [...task, asMessage(called), result("c1", "a.txt\nb.txt\n[exit code 0]")], reply: ended },
];

const openRecording = async (run: string) => ({
  recordedReplies: async ({ instanceId }: { instanceId: string }) => (run === "runs/one" && instanceId === "1" ? recorded : undefined),
});

test("the recorded replies come in order, and nothing is said where nothing departs", async () => {
  await using model = await open(replay, "replay/runs/one", {}, { openRecording });
  const trialModel = await model.client.forTrial(trial());
  const first = await model.ask(trialModel, task);
  expect(first).toMatchObject({ ...called, costUsd: 0, warnings: [] });
  const second = await model.ask(trialModel, [...task, said(first), result("c1", "a.txt\nb.txt\n[exit code 0]")]);
  expect(second).toMatchObject({ ...ended, warnings: [] });
});

test("a departure is shown where it begins, each once", async () => {
  await using model = await open(replay, "replay/runs/one", {}, { openRecording });
  const trialModel = await model.client.forTrial(trial());
  const changed = [task[0] ?? user(""), user("List the folders.")];
  const first = await model.ask(trialModel, changed);
  expect(first.warnings).toEqual([
    'The replay departs from its recording at turn 1, new message 2 (user): from character 11 on, recorded "List the files.", now "List the folders.".',
  ]);
  const second = await model.ask(trialModel, [...changed, said(first), result("c1", "a.txt\nb.txt\n[exit code 1]"), user("Go on.")]);
  expect(second.warnings).toEqual([
    'The replay departs from its recording at turn 2, new message 2 (tool): from character 24 on, recorded "…xt\\nb.txt\\n[exit code 0]", now "…xt\\nb.txt\\n[exit code 1]".',
    "The replay departs from its recording at turn 2, 3 new messages, where 2 were recorded.",
  ]);
  await expect(model.ask(trialModel, [...changed, said(first), said(second), user("more")])).rejects.toMatchObject({
    code: "model/replay-ended",
    message:
      'replay/runs/one: the recording of sums/1/1 has 2 replies, and turn 3 asks for one more; it departed first at turn 1, new message 2 (user): from character 11 on, recorded "List the files.", now "List the folders.".',
  });
});

test("a trial that was not recorded is said", async () => {
  await using model = await open(replay, "replay/runs/one", {}, { openRecording });
  await expect(model.client.forTrial(trial({ instanceId: "2" }))).rejects.toMatchObject({
    code: "model/replay-ended",
    message: "replay/runs/one has no recording of sums/2/1.",
  });
});

test("without stored runs there is nothing to replay", async () => {
  await expect(open(replay, "replay/runs/one")).rejects.toMatchObject({ code: "config/unsupported" });
});

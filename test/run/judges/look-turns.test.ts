import { expect, onTestFinished, test, vi } from "vitest";
import { ModelCallError } from "../../../src/models/call-error.ts";
import type { JudgeModel, JudgeModelReply } from "../../../src/run/judges/opened-judge.ts";
import { lookAndJudge } from "../../../src/run/judges/sandbox-judge.ts";
import { parseReply } from "../../../src/scoring/judging/parse-reply.ts";
import { startLocalSandbox } from "../../fixtures/local-sandbox.ts";
import { answer, asked, call, usage, verdict } from "./look-rig.ts";

/** A judge whose replies are given whole, one after another. */
function replying(replies: readonly (Partial<JudgeModelReply> | Error)[]): JudgeModel {
  const left = [...replies];
  return {
    async call({ mayStart }) {
      mayStart?.();
      const reply = left.shift();
      if (reply instanceof Error) throw reply;
      return { ...SILENT, ...reply };
    },
  };
}

const SILENT: JudgeModelReply = {
  text: "",
  reasoning: "",
  toolCalls: [],
  finishReason: "stop",
  usage: usage(1),
  costUsd: 0.25,
  requestBody: null,
  responseBody: null,
  latencyMs: 1,
  waitedMs: 0,
  retries: [],
  warnings: [],
  leftOut: [],
};

test("ten minutes of work are the limit; those in which it waits for a model slot or a retry are not counted", async () => {
  await using sandbox = await startLocalSandbox();
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
  onTestFinished(() => void vi.useRealTimers());
  const twoTurns = (first: Partial<JudgeModelReply>) => {
    const replies = replying([{ ...first, toolCalls: [call("no_such_tool")] }, { toolCalls: [verdict("pass")] }]);
    let minutes = 11;
    const model: JudgeModel = {
      async call(request) {
        vi.advanceTimersByTime(minutes * 60_000);
        minutes = 1;
        request.signal.throwIfAborted();
        return replies.call(request);
      },
    };
    return lookAndJudge({ messages: asked, answer, model, sandbox, signal: new AbortController().signal });
  };
  const waited = await twoTurns({ waitedMs: 10 * 60_000 });
  expect(waited.failure).toBeUndefined();
  expect(parseReply(answer, waited)).toMatchObject({ status: "ok", answer: { verdict: "pass" } });
  expect((await twoTurns({})).failure?.reason).toBe("no verdict within its limit (workingMs: 660000 of 600000)");
});

test("what its turns waited for, tried again and left out is kept, and the last response as it came", async () => {
  await using sandbox = await startLocalSandbox();
  const retry = (message: string) => ({ status: 503, message, body: null, latencyMs: 1, waitMs: 5 });
  const turns: Partial<JudgeModelReply>[] = [
    { toolCalls: [call("list_files")], waitedMs: 30, retries: [retry("a")], warnings: ["odd"], responseBody: "first" },
    { toolCalls: [call("list_files")], waitedMs: 4, retries: [retry("b")], leftOut: ["temperature"], responseBody: "second" },
  ];
  const look = (last: Partial<JudgeModelReply> | Error) =>
    lookAndJudge({ messages: asked, answer, model: replying([...turns, last]), sandbox, signal: new AbortController().signal });
  expect(await look({ toolCalls: [verdict("pass")], leftOut: ["temperature"], responseBody: "third" })).toMatchObject({
    waitedMs: 34,
    retries: [{ message: "a" }, { message: "b" }],
    warnings: ["odd"],
    leftOut: ["temperature"],
    responseBody: "third",
  });
  const failed = { requestBody: null, responseBody: "no", retries: [retry("c")], latencyMs: 1, waitedMs: 100 };
  const error = new ModelCallError("model/overloaded", "Too much.", { hint: "Wait.", call: failed, cause: undefined });
  expect(await look(error)).toMatchObject({
    waitedMs: 134,
    retries: [{ message: "a" }, { message: "b" }, { message: "c" }],
    responseBody: "second",
    failure: { status: "error", error },
  });
});

test("before each turn it is asked whether another may be made; what it says then ends the look", async () => {
  await using sandbox = await startLocalSandbox();
  const stopped = new Error("enough was paid");
  let paid = 0;
  const looking = { toolCalls: [call("list_files")] };
  const look = lookAndJudge({
    messages: asked,
    answer,
    model: replying([looking, looking, looking, { toolCalls: [verdict("pass")] }]),
    sandbox,
    signal: new AbortController().signal,
    spend: ({ costUsd }) => void (paid += costUsd ?? 0),
    mayStart() {
      if (paid >= 0.5) throw stopped;
    },
  });
  await expect(look).rejects.toBe(stopped);
  expect(paid).toBe(0.5);
});

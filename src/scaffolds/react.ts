/** Drives a model with native tool calls until it answers, submits, or meets a limit. */
import { defineScaffold, type Reply } from "../core/scaffold.ts";
import { toolFor } from "../core/tool.ts";

const MAX_CUT_REPLIES = 3;
const MAX_EMPTY_REPLIES = 1;

export default defineScaffold({
  name: "react",
  description: "Native tool calls, one after the other, until the model answers or submits.",
  toolStyle: "native",
  instructions: (tools) => {
    if (tools.length === 0) return undefined;
    const submit = toolFor("answer", tools);
    const ending = submit ? `call the ${submit.name} tool with your final answer` : "reply with your final answer and no tool call";
    return `Work on the task step by step with the tools you are given. Nobody can answer questions: decide yourself and go on until the task is done. When it is done, ${ending}.`;
  },
  async run(trial) {
    let unusable = { cut: 0, empty: 0 };
    while (true) {
      const reply = await trial.ask();
      if (reply.toolCalls.length === 0) {
        const kind = unusableKind(reply);
        if (kind === "cut" && unusable.cut++ < MAX_CUT_REPLIES) trial.say({ role: "user", content: CUT_REPLY });
        else if (kind === "empty" && unusable.empty++ < MAX_EMPTY_REPLIES) trial.say({ role: "user", content: EMPTY_REPLY });
        else return trial.answer(reply.text);
        continue;
      }
      unusable = { cut: 0, empty: 0 };
      for (const call of reply.toolCalls) {
        const result = await trial.use(call);
        if (result.submitted) return trial.answer(result.submitted.answer);
      }
    }
  },
});

const CUT_REPLY = "Your reply was cut off at the length limit. Give it again, shorter: call a tool, or state your complete final answer.";
const EMPTY_REPLY = "Your reply was empty. Call a tool, or state your final answer.";

function unusableKind(reply: Reply): "cut" | "empty" | undefined {
  if (reply.finishReason === "length") return "cut";
  // A filtered or failed reply would come back the same.
  if (reply.finishReason === "content-filter" || reply.finishReason === "error") return undefined;
  return reply.text.trim() === "" ? "empty" : undefined;
}

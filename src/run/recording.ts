/** A stored run as the `replay/` provider reads it: what each model call was sent and what it answered. */
import { finishReasonSchema } from "../core/message.ts";
import type { RecordedReply, ReplaySource, TrialIdentity } from "../core/model.ts";
import type { Prediction } from "../core/record.ts";
import { Conversation } from "../store/conversation.ts";
import { fieldsOf, readTrace } from "../store/read-trace.ts";
import { finalPredictions, readRunRecord } from "../store/run-record.ts";
import { findRun } from "./find-run.ts";

const finishReasons = finishReasonSchema.catch("other");

/** Opens a run by folder, or by its id under `out`. Throws `run/not-found`, or `run/format` for a newer one. */
export async function openRecording(run: string, out: string): Promise<ReplaySource> {
  const path = await findRun(run, out);
  // Refuses a run of a newer format, whose rows may mean something else.
  await readRunRecord(path);
  const rows = new Map<string, Prediction>();
  for await (const row of finalPredictions(path)) rows.set(keyOf(row), row);
  return {
    async recordedReplies(trial) {
      const row = rows.get(keyOf(trial));
      return row && repliesOf(path, row);
    },
  };
}

function keyOf({ task, instanceId, epoch }: Pick<TrialIdentity, "task" | "instanceId" | "epoch">): string {
  return JSON.stringify([task, instanceId, epoch]);
}

async function repliesOf(path: string, row: Prediction): Promise<RecordedReply[]> {
  const conversation = new Conversation();
  const replies: RecordedReply[] = [];
  let sent = 0;
  for await (const event of readTrace(path, row)) {
    conversation.follow(event);
    sent = fieldsOf(event, "model.request")?.messages ?? sent;
    const reply = fieldsOf(event, "model.response");
    if (!reply) continue;
    replies.push({
      sent: conversation.messages.slice(0, sent),
      reply: {
        text: reply.text,
        reasoning: reply.reasoning ?? "",
        toolCalls: reply.toolCalls,
        finishReason: finishReasons.parse(reply.finishReason),
        usage: reply.usage,
      },
    });
  }
  return replies;
}

/** What a person is shown of each trial that was drawn: what was asked, the answer, and the reference where there is one. */
import type { DrawnTrial } from "../../core/label.ts";
import type { Message } from "../../core/message.ts";
import type { Prediction } from "../../core/record.ts";
import type { References } from "../../run/references.ts";
import { Conversation } from "../../store/conversation.ts";
import { readTrace } from "../../store/read-trace.ts";
import { finalPredictions } from "../../store/run-record.ts";
import type { SheetRow } from "./sheet.ts";

/** In the order drawn. A trial that has run again since is left out: its label would be of another answer. */
export async function sheetRows(runPath: string, drawn: readonly DrawnTrial[], references: References | null): Promise<SheetRow[]> {
  const attempts = new Map(drawn.map(({ trialId, attempt }) => [trialId, attempt]));
  const rows = new Map<string, SheetRow>();
  for await (const row of finalPredictions(runPath)) {
    if (attempts.get(row.trialId) !== row.attempt) continue;
    rows.set(row.trialId, {
      trial: row.trialId,
      attempt: row.attempt,
      task: row.task,
      question: await questionOf(runPath, row),
      output: row.output,
      reference: references?.textOf(row) ?? null,
      label: null,
      comment: "",
    });
  }
  return drawn.flatMap(({ trialId }) => rows.get(trialId) ?? []);
}

/** The messages that the model was given before its first reply, without the system's. */
async function questionOf(runPath: string, row: Prediction): Promise<string> {
  const conversation = new Conversation();
  const asked: Message[] = [];
  for await (const event of readTrace(runPath, row)) {
    if (event.type === "model.request") break;
    const message = conversation.follow(event)?.message;
    if (message && message.role !== "system") asked.push(message);
  }
  const [only] = asked;
  if (only && asked.length === 1) return only.content;
  return asked.map(({ role, content }) => `${role}: ${content}`).join("\n\n");
}

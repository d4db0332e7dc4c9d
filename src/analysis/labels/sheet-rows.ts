/** What a person is shown of each trial that was drawn: the question, the answer and the reference that a judge is shown by default. */
import type { DrawnTrial } from "../../core/label.ts";
import type { Message } from "../../core/message.ts";
import type { Prediction } from "../../core/record.ts";
import { conversationText } from "../../run/judges/judged-trial.ts";
import { judgedRow } from "../../run/rescore/judged-row.ts";
import type { StoredTrials } from "../../run/stored-trials.ts";
import { textsOf } from "../../scoring/judging/trial-texts.ts";
import { Conversation } from "../../store/conversation.ts";
import { readTrace } from "../../store/read-trace.ts";
import { finalPredictions } from "../../store/run-record.ts";
import type { SheetRow } from "./sheet.ts";

/** In the order drawn. A trial that has run again since is left out: its label would be of another answer. `trials` is null where the tasks cannot be loaded. */
export async function sheetRows(runPath: string, drawn: readonly DrawnTrial[], trials: StoredTrials | null): Promise<SheetRow[]> {
  const attempts = new Map(drawn.map(({ trialId, attempt }) => [trialId, attempt]));
  const rows = new Map<string, SheetRow>();
  for await (const row of finalPredictions(runPath)) {
    if (attempts.get(row.trialId) !== row.attempt) continue;
    rows.set(row.trialId, {
      trial: row.trialId,
      attempt: row.attempt,
      task: row.task,
      ...(await textsFor(runPath, row, trials)),
      output: row.output,
      label: null,
      comment: "",
    });
  }
  return drawn.flatMap(({ trialId }) => rows.get(trialId) ?? []);
}

async function textsFor(runPath: string, row: Prediction, trials: StoredTrials | null): Promise<Pick<SheetRow, "question" | "reference">> {
  const planned = trials?.plannedFor(row);
  if (!planned) return { question: conversationText(await openingOf(runPath, row)), reference: null };
  const { question, reference } = textsOf(await judgedRow({ runPath, planned, row }));
  return { question, reference };
}

/** The messages that the model was given before its first reply, without the system's: there the harness speaks, too. */
async function openingOf(runPath: string, row: Prediction): Promise<Message[]> {
  const conversation = new Conversation();
  const asked: Message[] = [];
  for await (const event of readTrace(runPath, row)) {
    if (event.type === "model.request") break;
    const message = conversation.follow(event)?.message;
    if (message && message.role !== "system") asked.push(message);
  }
  return asked;
}

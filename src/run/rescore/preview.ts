/** What a pass would ask and cost, before it asks: counted from its prompts, nothing is called and nothing written. */
import type { Judge, JudgedTrial, JudgeQuestion } from "../../core/judge.ts";
import { keyOf, rubricHashOf } from "../judges/question-key.ts";
import type { OpenedJudge } from "../judges/opened-judge.ts";
import { readReply } from "../judges/read-verdict.ts";
import { renderPrompt, BOUNDARY_PLACEHOLDER } from "../../scoring/judging/render-prompt.ts";
import type { StoredReplies } from "../../store/judge-replies.ts";
import { estimateTokens } from "../dry-run.ts";
import { judgedRow } from "./judged-row.ts";
import type { PassTrial } from "./pass-trials.ts";
import type { Judging } from "./score-again.ts";

/** What a judge is thought to write: an explanation of a sentence or two and the verdict. */
const TOKENS_A_REPLY = 150;

/** What is needed to count calls: nothing that makes one. */
export type Previewed = Pick<Judging, "judges" | "rules" | "opponents"> & { replies: StoredReplies };

export interface Preview {
  trials: number;
  /** Of the first round: judges that look around, or ask on, call more. */
  calls: number;
  /** Questions whose replies are on disk. */
  cached: number;
  inputTokens: number;
  outputTokens: number;
  /** Null where the price of a judge is not known. */
  costUsd: number | null;
  /** Counted on the first trials only, and multiplied. */
  isExtrapolated: boolean;
}

/** Looks at all trials, or at the first `sample` of them. `total` is how many there are. */
export async function previewPass(
  judge: Judge,
  trials: AsyncIterable<PassTrial>,
  { runPath, judging, sample = Infinity, total }: { runPath: string; judging: Previewed; sample?: number; total?: number },
): Promise<Preview> {
  const judges = judging.judges.of(judge);
  const rubricHash = rubricHashOf(judge);
  const since = new Date().toISOString();
  const preview: Preview = { trials: 0, calls: 0, cached: 0, inputTokens: 0, outputTokens: 0, costUsd: 0, isExtrapolated: false };
  for await (const trial of trials) {
    if (preview.trials === sample) {
      preview.isExtrapolated = true;
      break;
    }
    preview.trials += 1;
    for (const question of await firstQuestions(judge, () => judgedRow({ ...trial, runPath }, judging.opponents))) {
      const tokens = estimateTokens(renderPrompt(question, BOUNDARY_PLACEHOLDER));
      for (const opened of judges) {
        for (let replicate = 1; replicate <= judging.rules.replicates; replicate++) {
          const key = keyOf({ judge: opened, question, replicate, rubricHash }, trial.row);
          if (await isAnswered(key, question, { replies: judging.replies, since })) preview.cached += 1;
          else addCall(preview, opened, tokens);
        }
      }
    }
  }
  return preview.isExtrapolated && total !== undefined ? multiplied(preview, total) : preview;
}

/** Not by what was no verdict, which is asked anew; and not by the work that goes on beside this. */
async function isAnswered(
  key: string,
  question: JudgeQuestion,
  { replies, since }: { replies: StoredReplies; since: string },
): Promise<boolean> {
  if (!replies.has(key)) return false;
  const found = await replies.find(key);
  return found !== undefined && found.reply.at < since && readReply(question, found.reply).status === "ok";
}

/** None where asking fails: the trial is unscored with that reason when its turn comes. */
async function firstQuestions(judge: Judge, trial: () => Promise<JudgedTrial>): Promise<readonly JudgeQuestion[]> {
  try {
    return await judge.ask(await trial(), []);
  } catch {
    return [];
  }
}

function addCall(preview: Preview, { client }: OpenedJudge, tokens: number): void {
  preview.calls += 1;
  preview.inputTokens += tokens;
  preview.outputTokens += TOKENS_A_REPLY;
  const cost = client.costOf({ inputTokens: tokens, outputTokens: TOKENS_A_REPLY, cachedInputTokens: null, reasoningTokens: null });
  preview.costUsd = cost === null || preview.costUsd === null ? null : preview.costUsd + cost;
}

function multiplied(preview: Preview, total: number): Preview {
  const factor = total / Math.max(1, preview.trials);
  return {
    trials: total,
    calls: Math.round(preview.calls * factor),
    cached: Math.round(preview.cached * factor),
    inputTokens: Math.round(preview.inputTokens * factor),
    outputTokens: Math.round(preview.outputTokens * factor),
    costUsd: preview.costUsd === null ? null : preview.costUsd * factor,
    isExtrapolated: true,
  };
}

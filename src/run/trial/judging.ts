/** Asks judges about a trial of a run: each question and each verdict is an event of its trace. */
import type { Judge } from "../../core/judge.ts";
import { rulesOf } from "../../core/judging.ts";
import type { JudgingUsage } from "../../core/record.ts";
import type { Snapshot } from "../../core/sandbox-snapshot.ts";
import type { Score } from "../../core/score.ts";
import { usageOf } from "../judges/usage-of.ts";
import { judgeTrial } from "../judges/judge-trial.ts";
import { judgedTrial } from "../judges/judged-trial.ts";
import type { ScoringParts } from "./scoring-parts.ts";
import { snapshotOf } from "./snapshot.ts";

export async function judgeInRun(scorer: string, judge: Judge, parts: ScoringParts): Promise<Omit<Score, "name">> {
  const { context, planned, recorder, output, signal, doing } = parts;
  const trial = judgedTrial({
    instance: planned.instance,
    request: planned.request,
    output,
    messages: () => Promise.resolve(parts.messages()),
  });
  return judgeTrial(judge, trial, {
    judges: context.judges.of(judge),
    rules: rulesOf(judge, planned.execution.harness.judging),
    replies: context.judgeReplies,
    trial: {
      trialId: planned.trialId,
      task: planned.task.spec,
      instanceId: planned.instance.id,
      epoch: planned.epoch,
      attempt: parts.attempt,
    },
    takesFailed: false,
    signal,
    onAsk: ({ messages, order, ...asked }) => {
      doing(`judge ${asked.judge}`);
      recorder.event("judge.request", {
        scorer,
        ...asked,
        order,
        messages: messages.map(({ role, content }) => ({ role, content: recorder.content(content) })),
      });
    },
    onVerdict: (verdict, reply) =>
      recorder.event("judge.response", {
        scorer,
        verdict,
        text: reply ? recorder.content(reply.text) : null,
        raw: reply && reply.raw !== null ? recorder.content(reply.raw) : null,
        ...(reply && { latencyMs: reply.latencyMs, waitedMs: reply.waitedMs, retries: reply.retries }),
      }),
    onWait: (what) => recorder.event("wait.begin", { for: "score", what }),
    lookSlots: context.lookSlots,
    sandboxToLookInto: async () => parts.startSealed(await snapshotToLookInto(parts)),
    mayAsk: () => context.stop.throwIfStopped(),
    spend: (reply) => context.stop.spend(reply),
  });
}

const snapshots = new WeakMap<ScoringParts, Promise<Snapshot>>();

/** Taken when the first judge looks: one of a trial, however many questions are asked about it. */
function snapshotToLookInto(parts: ScoringParts): Promise<Snapshot> {
  let snapshot = snapshots.get(parts);
  if (!snapshot) snapshots.set(parts, (snapshot = snapshotOf(parts.sandbox)));
  return snapshot;
}

/** For the trial's row: what its judges used; nothing where none was asked. */
export function judgingUsage(scores: readonly Score[]): { judging?: JudgingUsage } {
  const verdicts = scores.flatMap((score) => score.verdicts ?? []);
  return verdicts.length === 0 ? {} : { judging: usageOf(verdicts) };
}

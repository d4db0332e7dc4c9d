/** Scores one stored trial again. The model is never asked: its answer and its trace are read, its sandbox starts from its snapshot. */
import type PQueue from "p-queue";
import { AssayError } from "../../core/errors.ts";
import type { Judge } from "../../core/judge.ts";
import type { JudgingRules } from "../../core/judging.ts";
import type { Sandbox } from "../../core/sandbox.ts";
import type { Snapshot, StoredSnapshot } from "../../core/sandbox-snapshot.ts";
import type { Score, Scorer } from "../../core/score.ts";
import type { JudgeReplies } from "../../store/judge-replies.ts";
import { readSnapshot } from "../../store/snapshots.ts";
import { judgeTrial } from "../judges/judge-trial.ts";
import type { OpenedJudges } from "../judges/panel-of.ts";
import { prepareWorkdir } from "../trial/files.ts";
import { isBrokenSandbox } from "../trial/broken-sandbox.ts";
import { judgedRow } from "./judged-row.ts";
import type { Opponents } from "./opponents.ts";
import type { PassTrial } from "./pass-trials.ts";
import { PassStopped, type Spending } from "./spending.ts";

export interface Judging {
  judges: OpenedJudges;
  rules: JudgingRules;
  replies: JudgeReplies;
  opponents: Opponents | undefined;
  spending: Spending;
  /** Sandboxes that the judges look into, at once. */
  lookSlots: PQueue;
}

export interface AgainParts extends PassTrial {
  runPath: string;
  start: (from?: { snapshot?: Snapshot | undefined; isSealed?: boolean }) => Promise<Sandbox>;
  judging: Judging | undefined;
  signal: AbortSignal;
}

/**
 * What keeps a trial from being scored is the score's reason. Throws where a sandbox could not be started, or its snapshot not be read, and
 * where one broke: that says nothing of the trial.
 */
export async function scoreAgain(scorer: Scorer, parts: AgainParts): Promise<Score> {
  const unscored = (reason: string): Score => ({ name: scorer.name, value: null, reason });
  const { runPath, planned, row, start, signal } = parts;
  if (planned.instanceHash !== row.instanceHash) return unscored("Its instance has changed since the run.");
  await using scope = new AsyncDisposableStack();
  const failedStarts = new Set<unknown>();
  const open = async (kept: StoredSnapshot | undefined, isSealed = false): Promise<Sandbox> => {
    try {
      return await start({ snapshot: kept && (await readSnapshot(runPath, kept)), isSealed });
    } catch (error) {
      failedStarts.add(error);
      throw error;
    }
  };
  const begin = async (kept?: StoredSnapshot): Promise<Sandbox> => scope.use(await open(kept));
  try {
    const sandbox = scorer.sandbox === "trial" ? await begin(keptOf(row)) : undefined;
    const given = await scorer.score({
      instance: planned.instance,
      output: row.output,
      sandbox,
      freshSandbox: async (content = "empty") => {
        if (content === "trial") return begin(keptOf(row));
        const fresh = await begin();
        if (content === "instance") await prepareWorkdir(fresh, planned.instance, signal);
        return fresh;
      },
      judged: (judge) => judgeAgain(judge, parts, async () => open(keptOf(row), true)),
      signal,
    });
    return { ...given, name: scorer.name };
  } catch (error) {
    signal.throwIfAborted();
    if (failedStarts.has(error) || isBrokenSandbox(error) || isEndOfPass(error)) throw error;
    return unscored(error instanceof Error ? error.message : String(error));
  }
}

async function judgeAgain(
  judge: Judge,
  { runPath, planned, row, judging, wasTried, signal }: AgainParts,
  sandboxToLookInto: () => Promise<Sandbox>,
): Promise<Omit<Score, "name">> {
  if (!judging) throw new AssayError("config/invalid", `A scorer asks the judge ${judge.name} without saying so beforehand.`);
  const { judges, rules, replies, opponents, spending, lookSlots } = judging;
  return judgeTrial(judge, await judgedRow({ runPath, planned, row }, opponents), {
    judges: judges.of(judge),
    rules,
    replies,
    trial: { trialId: row.trialId, task: row.task, instanceId: row.instanceId, epoch: row.epoch, attempt: row.attempt },
    takesFailed: !wasTried,
    signal,
    lookSlots,
    sandboxToLookInto,
    mayAsk: () => spending.throwIfStopped(),
    spend: (reply) => spending.spend(reply.costUsd),
  });
}

/** What says nothing of the trial: the pass cannot go on, or what is stored cannot be read. */
function isEndOfPass(error: unknown): boolean {
  return (
    error instanceof PassStopped || (error instanceof AssayError && (error.code.startsWith("run/") || error.code === "config/invalid"))
  );
}

/** Throws `score/failed` where the run kept none. */
function keptOf({ snapshot }: PassTrial["row"]): StoredSnapshot {
  if (snapshot && !("none" in snapshot)) return snapshot;
  const reason = snapshot?.none ?? "the run was made without --keep-snapshot.";
  throw new AssayError("score/failed", `The trial has no snapshot: ${reason}`);
}

/** Runs a scorer again over the trials of a stored run, and writes the scores as a pass of their own. The model is never opened. */
import { join } from "node:path";
import { AssayError } from "../../core/errors.ts";
import type { Rescored, RunResult } from "../../core/record.ts";
import { secretsIn } from "../../core/secrets.ts";
import { readJudgeReplies } from "../../store/judge-replies.ts";
import { selectTrials } from "../../store/query/select-trials.ts";
import { readRunRecord } from "../../store/run-record.ts";
import { openScorePass } from "../../store/score-pass.ts";
import { openJudges, familyWarnings, type OpenedJudges } from "../judges/panel-of.ts";
import { sandboxSecrets } from "../sandbox-secrets.ts";
import { scoringSlots } from "../scoring-slots.ts";
import { findLeft, knownLines, trialsAt, type Known, type Left } from "./pass-trials.ts";
import { planPass, type PassRequest, type PlannedPass } from "./plan-pass.ts";
import { previewPass, type Preview } from "./preview.ts";
import type { Judging } from "./score-again.ts";
import { scoreTrials } from "./score-trials.ts";
import type { Spending } from "./spending.ts";
import { createTally, type Tally } from "./tally.ts";

export interface RescoreRequest extends PassRequest {
  /** Of the run folder. */
  path: string;
  /** Docker hosts in place of those on which the trials ran. */
  hosts: readonly string[];
  /** What judges may cost, and have cost: of all runs of a command together. */
  spending: Spending;
  signal: AbortSignal;
  onProgress: (line: string) => void;
  /** What is expected: told before the work where there is a cap, beside it otherwise. */
  onPreview: (preview: Preview) => void;
  /** Told how many trials are left before the first of them is scored. */
  onStart: (left: number) => void;
  /** Told of each trial when its line is on disk. */
  onScored: (line: Rescored) => void;
}

export interface RescoreResult extends Tally {
  runId: string;
  path: string;
  scorer: string;
  pass: string;
  /** The file of the pass, relative to the run folder. */
  file: string;
  /** Nothing was left to do: the same pass was finished before. */
  wasFinished: boolean;
  /** Why it ended before all trials were scored. */
  stopReason?: string;
  tasks: RunResult["tasks"];
  /** Trials whose sandbox could not be started or broke, the first of them: the same command tries them again. */
  failed: { trialId: string; reason: string; hint?: string }[];
}

/** So many failures are kept. */
const KEPT_FAILURES = 1_000;
/** So many trials are looked at for the preview that runs beside the work. */
const PREVIEW_SAMPLE = 50;

interface OpenPass {
  planned: PlannedPass;
  judging: Judging | undefined;
  left: Left;
}

/** Throws what makes a pass impossible; what was scored stays on disk. */
export async function rescore(request: RescoreRequest): Promise<RescoreResult> {
  const { path, signal, spending, onProgress } = request;
  const { runId, model } = await readRunRecord(path);
  const planned = await planPass(path, request);
  const selected = await selectedBy(request);
  for (const warning of familyWarnings(planned.judges, model)) onProgress(warning);
  await using judges = await openJudgesOf(planned, spending.maxCostUsd);
  await using pass = await openScorePass(path, planned.pass, { secrets: secretsOf(planned) });
  await using replies = await pass.openJudgeReplies();
  const counted = createTally(planned);
  const left = await stillLeft(request, planned, { selected, onKnown: counted.addKnown });
  const { rules, opponents } = planned;
  const judging = rules && { judges, replies, spending, rules, opponents, lookSlots: scoringSlots() };
  const failed: RescoreResult["failed"] = [];
  const previewed = left.size > 0 ? startPreview(request, { planned, judging, left }) : undefined;
  // It may fail long before it is awaited.
  previewed?.catch(() => {});
  if (spending.maxCostUsd !== undefined) await previewed;
  if (left.size > 0) {
    request.onStart(left.size);
    await scoreTrials(planned, trialsAt(path, planned, left), {
      runPath: path,
      runId,
      pass,
      judging,
      hosts: request.hosts,
      signal: AbortSignal.any([signal, pass.failed]),
      onProgress,
      onScored(line) {
        counted.add(line);
        request.onScored(line);
      },
      onFailed: (one) => void (failed.length < KEPT_FAILURES && failed.push(one)),
    });
  }
  await previewed;
  return {
    runId,
    path,
    scorer: planned.pass.scorer,
    pass: planned.pass.pass,
    file: pass.name,
    wasFinished: left.size === 0,
    ...counted.tally,
    ...(spending.stopReason !== undefined && counted.newLines() < left.size && { stopReason: spending.stopReason }),
    tasks: counted.tasks(),
    failed,
  };
}

/** What {@link rescore} would ask and cost: nothing is called, and nothing written. */
export async function rescoreDry(request: Omit<RescoreRequest, "onPreview" | "onStart" | "onScored">): Promise<Preview & { pass: string }> {
  const { path } = request;
  const planned = await planPass(path, request);
  await using judges = await openJudgesOf(planned, undefined);
  const replies = await readJudgeReplies(path);
  const left = await stillLeft(request, planned, { selected: await selectedBy(request), onKnown: () => {} });
  const { pass } = planned.pass;
  const { judge } = planned.scorer;
  if (!planned.rules || !judge)
    return { pass, trials: left.size, calls: 0, cached: 0, inputTokens: 0, outputTokens: 0, costUsd: 0, isExtrapolated: false };
  const judging = { judges, replies, rules: planned.rules, opponents: planned.opponents };
  return { pass, ...(await previewPass(judge, trialsAt(path, planned, left), { runPath: path, judging })) };
}

const secretsOf = ({ plan }: PlannedPass): string[] => [...secretsIn(process.env), ...sandboxSecrets(plan)];

/** Throws `usage/bad-option` where a cost is to be kept that is not known. */
async function openJudgesOf({ scorer, judges, rules }: PlannedPass, maxCostUsd: number | undefined): Promise<OpenedJudges> {
  await using scope = new AsyncDisposableStack();
  const opened = scope.use(await openJudges(scorer.judge ? [scorer.judge] : [], judges, rules));
  const unpriced = opened.all.find(({ client }) => !client.isPriced);
  if (maxCostUsd !== undefined && unpriced) {
    throw new AssayError("usage/bad-option", `--max-cost ${maxCostUsd}: the price of ${unpriced.spec.id} is not known.`, {
      hint: "Give it in a file that ASSAY_PRICES names (docs/models.md#prices), or leave --max-cost out.",
    });
  }
  scope.move();
  return opened;
}

async function selectedBy({ path, where, signal }: Pick<RescoreRequest, "path" | "where" | "signal">): Promise<Set<string> | undefined> {
  return where === undefined ? undefined : selectTrials(path, where, signal);
}

async function stillLeft(
  { path }: Pick<RescoreRequest, "path">,
  planned: PlannedPass,
  { selected, onKnown }: { selected: ReadonlySet<string> | undefined; onKnown: (line: Rescored) => void },
): Promise<Left> {
  const known: Known = new Map();
  const passPath = join(path, "scores", `${planned.pass.pass}.jsonl`);
  for await (const line of knownLines(passPath, known, planned.rules)) onKnown(line);
  return findLeft(path, planned, { known, selected });
}

/** Of every trial where there is a cap; of the first few, multiplied, where the work goes on beside it. */
async function startPreview(
  { path, spending: { maxCostUsd }, onPreview }: RescoreRequest,
  { planned, judging, left }: OpenPass,
): Promise<void> {
  const { judge } = planned.scorer;
  if (!judge || !judging) return;
  const sample = maxCostUsd === undefined ? PREVIEW_SAMPLE : Infinity;
  onPreview(await previewPass(judge, trialsAt(path, planned, left), { runPath: path, judging, sample, total: left.size }));
}

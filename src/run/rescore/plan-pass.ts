/** What a scoring pass is over: the run's own plan as its files are today, and the scorer in it. The model is not opened. */
import { AssayError } from "../../core/errors.ts";
import { hashOf, plainJson } from "../../core/json.ts";
import { rulesOf, type JudgingChanges, type JudgingRules } from "../../core/judging.ts";
import type { ScorePass } from "../../core/record.ts";
import type { Scorer } from "../../core/score.ts";
import { JUDGING_VERSION } from "../../scoring/judging/render-prompt.ts";
import { readRunRecord } from "../../store/run-record.ts";
import { rubricHashOf } from "../judges/question-key.ts";
import { parseJudgeSpec } from "../judges/judge-spec.ts";
import { NO_JUDGE, noneNamed, panelOf } from "../judges/panel-of.ts";
import { isOwnFile, ownFileHash } from "../own-files.ts";
import { trialsOf, type Plan, type PlannedTask, type PlannedTrial } from "../plan.ts";
import { plansOf } from "../start.ts";
import { openOpponents, type Opponents } from "./opponents.ts";
import { checkAgainst, passTasks } from "./pass-scorer.ts";

/** What decides which pass it is. */
export interface PassRequest {
  scorer: string;
  /** Model specs; none: those of the run, else the judge's own. */
  judges: readonly string[];
  judging: JudgingChanges;
  /** A SQL condition on the run's trials. */
  where?: string | undefined;
  /** Folder of the run whose answers these are compared with. */
  against?: string | undefined;
}

export interface PlannedPass {
  pass: ScorePass;
  /** With the tasks that have the scorer, and no other scorer. */
  plan: Plan;
  scorer: Scorer;
  /** Model specs of the judges that are asked. */
  judges: readonly string[];
  rules: JudgingRules | undefined;
  /** By trial id. */
  trials: ReadonlyMap<string, PlannedTrial>;
  /** The answers that these are compared with. */
  opponents: Opponents | undefined;
  /** Docker hosts that the run named. */
  hosts: readonly string[];
}

/** Throws `usage/unknown-name` where there is no such scorer, `config/unsupported` where it is a judge and no model is named. */
export async function planPass(runPath: string, request: PassRequest): Promise<PlannedPass> {
  const [run] = await plansOf(runPath);
  if (!run) throw new AssayError("run/format", `${runPath}/run.json names no task.`);
  const tasks = await passTasks(run.plan.tasks, request.scorer);
  const [first] = tasks;
  if (!first) throw new AssayError("run/format", `${runPath}/run.json names no task.`);
  const { scorer } = first;
  checkAgainst(scorer, request.against);
  const plan: Plan = { ...run.plan, tasks: tasks.map(({ planned }) => planned) };
  const judging = scorer.judge && judgingOf(scorer, plan, request);
  const hashes = await hashesOf(plan, request.scorer);
  const against = request.against === undefined ? undefined : await openAgainst(request.against);
  const about = {
    scorer: scorer.name,
    hashes,
    ...(judging && { judging: judging.stored }),
    ...(request.where !== undefined && { where: request.where }),
    ...(against && { against: against.runId, opponents: against.opponents.finished }),
  };
  return {
    plan,
    scorer,
    judges: judging?.judges ?? [],
    rules: judging?.rules,
    opponents: against?.opponents,
    hosts: run.options.dockerHosts,
    pass: {
      format: 1,
      pass: `${scorer.name.replaceAll(/[^\w.-]/g, "_").slice(0, 60)}-${hashOf(about).slice(0, 12)}`,
      createdAt: new Date().toISOString(),
      ...about,
    },
    trials: new Map(plan.tasks.flatMap((task) => [...trialsOf(task)].map((trial) => [trial.trialId, trial] as const))),
  };
}

async function openAgainst(path: string): Promise<{ runId: string; opponents: Opponents }> {
  return { runId: (await readRunRecord(path)).runId, opponents: await openOpponents(path) };
}

function judgingOf({ judge }: Scorer, { harness }: Plan, { judges: named, judging }: PassRequest) {
  if (!judge) return undefined;
  // A run that was not to be judged names none of the judges that are to do it now.
  const ofRun = (harness.judges ?? []).filter((spec) => spec !== NO_JUDGE);
  const judges = panelOf(judge, named.length > 0 ? named : ofRun);
  const rules = rulesOf(judge, { ...harness.judging, ...judging });
  const ids = judges.map((text) => parseJudgeSpec(text).id);
  if (ids.length === 0) throw noneNamed(judge);
  return { judges, rules, stored: { version: JUDGING_VERSION, rubricHash: rubricHashOf(judge), judges: ids, rules: plainJson(rules) } };
}

async function hashesOf(plan: Plan, scorer: string): Promise<ScorePass["hashes"]> {
  const tasks = plan.tasks.map(({ task: { spec } }: PlannedTask) => ({ spec, ...plan.hashes.tasks[spec] }));
  const files = { ...plan.hashes.files, ...(isOwnFile(scorer) && { [`scorer ${scorer}`]: await ownFileHash(scorer) }) };
  return plainJson({ tasks, files });
}

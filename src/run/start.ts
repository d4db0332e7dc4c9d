/** From a command to jobs: one run folder per harness, made anew, resumed, or continued where the same command was left. */
import { AssayError } from "../core/errors.ts";
import { secretsIn } from "../core/secrets.ts";
import { openModel, parseModelSpec, type ModelClient } from "../models/client.ts";
import { createRunFolder, openRunFolder } from "../store/open-run.ts";
import type { RunFolder } from "../store/run-folder.ts";
import { isOwnerAlive } from "../store/run-lock.ts";
import { listRuns, readRunRecord } from "../store/run-record.ts";
import { loadHarness } from "./execution.ts";
import { openOutputs } from "./given-outputs.ts";
import { openJudges, type OpenedJudges } from "./judges/panel-of.ts";
import { runOptionsSchema, type RunOptions } from "./options.ts";
import { parseOverrides } from "./overrides.ts";
import { changedSince, makePlan, type Plan } from "./plan.ts";
import { newRecord, versions } from "./provenance.ts";
import { loadPart } from "./registry.ts";
import { resolveSpecs, type ResolvedSpecs } from "./resolve.ts";
import { openRecording } from "./recording.ts";
import { sandboxSecrets } from "./sandbox-secrets.ts";

/** A run that is ready to be executed; its folder is not touched yet. */
export interface PlannedRun {
  plan: Plan;
  /** Suites all of whose tasks are in this run. */
  suites: ResolvedSpecs["suites"];
  options: RunOptions;
}

export interface PlannedRuns {
  runs: PlannedRun[];
  /** Suites whose tasks are spread over several runs. */
  suites: ResolvedSpecs["suites"];
}

/** Plans every run of a command: one for each `-H`, or, without one, one for each harness that the tasks themselves name. */
export async function planRuns(options: RunOptions, harnesses: readonly string[]): Promise<PlannedRuns> {
  const overrides = parseOverrides(options.overrides);
  const { tasks, suites } = await resolveSpecs(options.specs, overrides);
  const own = harnesses.length > 0 ? harnesses : [...new Set(tasks.map((task) => task.harness))];
  const isSplit = harnesses.length === 0 && own.length > 1;
  const runs: PlannedRun[] = [];
  for (const name of own) {
    const harness = await loadHarness(name, overrides, options.judges);
    const taken = isSplit ? tasks.filter((task) => task.harness === name) : tasks;
    const specs = isSplit ? taken.map((task) => task.given) : options.specs;
    runs.push({
      plan: await makePlan(taken, harness, options, overrides),
      suites: isSplit ? [] : suites,
      options: { ...options, specs, harness: name },
    });
  }
  return { runs, suites: isSplit ? suites : [] };
}

/** What a stored run plans, by its record and its tasks as their files are today. Throws what planning it anew would throw. */
export async function plansOf(path: string): Promise<PlannedRun[]> {
  const options = await storedOptions(path);
  const { runs } = await planRuns(options, options.harness === undefined ? [] : [options.harness]);
  return runs;
}

/** Opens the model of a run; `replay/` finds its run in `out`, where run folders are. Makes no network call. */
export async function openModelFor({ options, plan }: PlannedRun, { out, note = () => {} }: OpenModelOptions): Promise<ModelClient> {
  const spec = parseModelSpec(options.model);
  const { provider = {} } = parseOverrides(options.overrides);
  return openModel(await loadPart("provider", spec.provider), spec, provider, {
    openRecording: (run) => openRecording(run, out),
    openOutputs: (file) => openOutputs(file, { tasks: plan.tasks, note }),
  });
}

interface OpenModelOptions {
  out: string;
  /** Told what a person should know, a line each. */
  note?: (line: string) => void;
}

/** Opens the judges that the scorers of a plan ask. Throws `config/unsupported` where one asks and none is named. */
export function openJudgesFor({ tasks, harness }: Plan): Promise<OpenedJudges> {
  const judges = tasks.flatMap(({ task }) => task.task.scorers.flatMap(({ judge }) => judge ?? []));
  return openJudges(judges, harness.judges ?? [], harness.judging);
}

export interface OpenedFolder {
  folder: RunFolder;
  /** What a person should know: continued, repaired, taken over, other versions. */
  notes: string[];
}

/** Makes a run folder in `out`, or continues an unfinished one of the same plan whose owner is dead. */
export async function openFolder(
  run: PlannedRun,
  where: { out: string; command: readonly string[]; isNew: boolean },
): Promise<OpenedFolder> {
  if (!where.isNew) {
    const left = await findUnfinished(where.out, run.plan.hashes.plan);
    if (left) {
      const opened = await continueRun(left, run);
      return { ...opened, notes: [`Continuing ${left}, which was left unfinished (--new starts afresh).`, ...opened.notes] };
    }
  }
  const folder = await createRunFolder({
    out: where.out,
    record: await newRecord({ ...run, command: where.command }),
    secrets: [...secretsIn(process.env), ...sandboxSecrets(run.plan)],
  });
  return { folder, notes: [] };
}

/** Opens an existing run for more work. Throws `run/changed` where the plan is another one, with what changed. */
export async function continueRun(path: string, run: PlannedRun): Promise<OpenedFolder> {
  const stored = await readRunRecord(path);
  const changes = changedSince(stored, run.plan, run.options.model);
  if (changes.length > 0) {
    throw new AssayError("run/changed", `${path} cannot be resumed, because something changed since it was made: ${changes.join("; ")}.`, {
      hint: "Undo the change, or start afresh without --resume (with --new).",
    });
  }
  const { folder, repaired, takenOverFrom } = await openRunFolder(path, {
    secrets: [...secretsIn(process.env), ...sandboxSecrets(run.plan)],
  });
  const now = await versions();
  const newer = Object.entries(now).filter(([name, version]) => stored.versions[name] !== undefined && stored.versions[name] !== version);
  return {
    folder,
    notes: [
      ...(takenOverFrom === undefined ? [] : [`Taken over from ${takenOverFrom}, which is no longer running.`]),
      ...repaired,
      ...newer.map(([name, version]) => `Note: made with ${name} ${stored.versions[name]}, going on with ${version}.`),
    ],
  };
}

/** The options a stored run was made with; resuming needs no others. */
export async function storedOptions(path: string): Promise<RunOptions> {
  const record = await readRunRecord(path);
  const parsed = runOptionsSchema.safeParse(record.options);
  if (parsed.success) return parsed.data;
  throw new AssayError("run/format", `${path}/run.json: its options do not match this version of Assay.`, {
    hint: "Start the run afresh.",
  });
}

async function findUnfinished(out: string, planHash: string): Promise<string | undefined> {
  for (const { path, record } of await listRuns(out)) {
    if (record.status === "completed" || record.hashes.plan !== planHash) continue;
    if (!(await isOwnerAlive(path))) return path;
  }
  return undefined;
}

/** Reads a run's judged trials and people's labels of it, and holds them against the way the labelled ones were drawn. */
import type { LabelSample } from "../../core/label.ts";
import { readLabels, requireLabels } from "../../store/labels.ts";
import { currentLabels } from "../labels/current-labels.ts";
import { populationOf } from "../labels/draw-sample.ts";
import { frameOf } from "../labels/label-sample.ts";
import { isJudged, scoredTrials, type ScoredTrial, type ScoreSource } from "../scored-trials.ts";
import type { CalibrationTrial } from "./calibration-trial.ts";

export interface GatherRequest extends ScoreSource {
  path: string;
  /** Name of the labels; undefined: those named `people`, where there are any. */
  labels: string | undefined;
}

export interface Gathered {
  /** Judged trials; with labels, those among which the labelled ones were drawn. */
  trials: (CalibrationTrial & { pairKey: string })[];
  /** Finished trials of which the scorer says nothing. */
  unjudged: number;
  sample: LabelSample | null;
  file: string | null;
  /** Why the labelled trials are no random sample of the judged ones; undefined where they are. */
  why: string | undefined;
  notes: string[];
}

const DEFAULT_LABELS = "people";

export async function gather({ path, labels: name, ...source }: GatherRequest): Promise<Gathered> {
  const all = await scoredTrials(path, source);
  const stored = name === undefined ? await readLabels(path, DEFAULT_LABELS) : await requireLabels(path, name);
  if (!stored) {
    const trials = all.filter(isJudged).map((trial) => trialOf(trial, "all", []));
    const why = "no trial has a label (draw some: assay label sample)";
    return { trials, unjudged: all.length - trials.length, sample: null, file: null, why, notes: [] };
  }
  const { sample, file } = stored;
  const frame = await frameOf(path, sample);
  const strata = new Map(frame.map(({ trialId, stratum }) => [trialId, stratum]));
  const attempts = new Map(sample.drawn.map(({ trialId, attempt }) => [trialId, attempt]));
  const people = currentLabels(stored.labels);
  const inFrame = all.filter(({ trialId }) => strata.has(trialId));
  const trials = inFrame.filter(isJudged).map((trial) => {
    const isSame = attempts.get(trial.trialId) === trial.attempt;
    return trialOf(trial, strata.get(trial.trialId) ?? "all", isSame ? (people.get(trial.trialId) ?? []) : []);
  });
  const now = populationOf(frame);
  const hasChanged = now.hash !== sample.population.hash;
  const was = `the run has changed since the trials to label were drawn (${sample.population.trials} scored then, ${now.trials} now)`;
  return {
    trials,
    unjudged: all.length - all.filter(isJudged).length,
    sample,
    file,
    why: hasChanged ? was : undefined,
    notes: notesOn(trials, sample, { outside: all.filter(isJudged).length - trials.length, labelled: people.size }),
  };
}

function trialOf(trial: ScoredTrial, stratum: string, people: CalibrationTrial["people"]): Gathered["trials"][number] {
  const { trialId, task, instanceId, pairKey, clusterKey, outputLength, score } = trial;
  return {
    trialId,
    pairKey,
    cluster: JSON.stringify(clusterKey === undefined ? [task, instanceId] : [task, "cluster", clusterKey]),
    stratum,
    value: score?.value ?? null,
    label: score?.label ?? null,
    outputLength,
    verdicts: score?.verdicts ?? [],
    people,
  };
}

function notesOn(trials: readonly CalibrationTrial[], { drawn }: LabelSample, counts: { outside: number; labelled: number }): string[] {
  const labelled = new Set(trials.filter(({ people }) => people.length > 0).map(({ trialId }) => trialId));
  const notes: string[] = [];
  if (counts.outside > 0) notes.push(`${counts.outside} judged trials were not among those that labels were drawn from, and are left out.`);
  if (counts.labelled > labelled.size)
    notes.push(`${counts.labelled - labelled.size} labelled trials have no verdict, or ran again since.`);
  const isFirstDrawn = drawn.slice(0, labelled.size).every(({ trialId }) => labelled.has(trialId));
  if (labelled.size > 0 && !isFirstDrawn)
    notes.push(
      `${drawn.length - labelled.size} of ${drawn.length} drawn trials have no label: what follows holds if that has nothing to do with what is in them.`,
    );
  return notes;
}

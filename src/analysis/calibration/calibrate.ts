/** Everything that can be said of a judge from its verdicts and people's labels, and of its scores with its own error in them. */
import { readRunRecord } from "../../store/run-record.ts";
import {
  agreementWithPeople,
  confusionOf,
  peopleAgreement,
  WORDS_ONLY,
  type AgreementWithPeople,
  type IsRight,
  type PeopleAgreement,
  type RightAndWrong,
} from "./against-people.ts";
import type { Refused } from "./calibration-trial.ts";
import { scoresOf, type Scores } from "./corrected.ts";
import { differenceOf, type Difference, type Side } from "./difference.ts";
import { gather, type Gathered, type GatherRequest } from "./gather.ts";
import { lengthBiases, type LengthBiases } from "./length.ts";
import { scaleOf, type Scale } from "./scale.ts";
import { sliceOf, type Slice } from "./slice.ts";
import { panelOf, positionBiases, selfConsistency, type Panel } from "./votes.ts";

export interface CalibrateRequest extends GatherRequest {
  /** The run to compare with. */
  otherPath: string | undefined;
  /** From which value on an answer is right; undefined: 1, where values are 0 and 1 only. */
  threshold: number | undefined;
}

export interface Calibration {
  runId: string;
  path: string;
  scorer: string;
  pass: string | null;
  /** Relative to the run folder; null without labels. */
  labels: string | null;
  judged: number;
  unjudged: number;
  labelled: number;
  categories: readonly string[];
  agreement: AgreementWithPeople | Refused;
  confusion: RightAndWrong | Refused;
  people: PeopleAgreement | null;
  replicates: ReturnType<typeof selfConsistency>;
  panel: Panel | null;
  position: ReturnType<typeof positionBiases>;
  length: LengthBiases;
  scores: Scores;
  difference: (Difference & { runId: string; path: string }) | null;
  notes: string[];
}

interface Examined extends Gathered {
  scale: Scale;
  slice: Slice;
  isRight: IsRight | undefined;
}

export async function calibrate(request: CalibrateRequest): Promise<Calibration> {
  const { path, otherPath, scorer, pass, threshold } = request;
  const { runId } = await readRunRecord(path);
  const one = examine(await gather(request), threshold);
  const { trials, slice, scale, isRight } = one;
  const nothing = slice.labelled.length === 0 ? { refused: "no trial has a label" } : undefined;
  const confusion = nothing ?? confusionOf(slice, isRight);
  return {
    runId,
    path,
    scorer,
    pass,
    labels: one.file,
    judged: trials.length,
    unjudged: one.unjudged,
    labelled: slice.labelled.length,
    categories: scale.categories,
    agreement: nothing ?? agreementWithPeople(slice, scale),
    confusion,
    people: peopleAgreement(slice, scale),
    replicates: selfConsistency(trials),
    panel: panelOf(trials, slice.labelled),
    position: positionBiases(trials),
    length: lengthBiases(trials, slice.labelled),
    scores: scoresOf(trials, slice, { confusion, isRight, why: one.why }),
    difference: otherPath === undefined ? null : await compare(one, { ...request, path: otherPath }),
    notes: [...one.notes, ...notesOn(one)],
  };
}

function examine(gathered: Gathered, threshold: number | undefined): Examined {
  const { trials, sample } = gathered;
  const scale = scaleOf(trials);
  const slice = sliceOf(trials, scale, sample ?? { by: null, strata: [] });
  const values = [
    ...trials.map(({ value }) => value),
    ...slice.labelled.flatMap(({ trial }) => trial.people.map(({ label }) => scale.read(label).value)),
  ];
  const isBinary = values.every((value) => value === 0 || value === 1);
  const isRight = threshold === undefined ? (isBinary ? (value: number) => value >= 1 : undefined) : (value: number) => value >= threshold;
  return { ...gathered, scale, slice, isRight };
}

async function compare(one: Examined, request: CalibrateRequest): Promise<Calibration["difference"]> {
  const { runId } = await readRunRecord(request.path);
  const other = examine(await gather(request), request.threshold);
  return { runId, path: request.path, ...differenceOf(sideOf(one), sideOf(other)) };
}

function sideOf({ trials, slice, why }: Examined): Side {
  const hasWordsOnly = slice.labelled.some(({ value }) => value === null);
  return { trials, slice, why: why ?? (hasWordsOnly ? WORDS_ONLY : undefined) };
}

function notesOn({ trials, scale, slice }: Examined): string[] {
  const notes: string[] = [];
  if (scale.unknownWords.length > 0)
    notes.push(`People's labels that the judge never gave, and that have no value: ${scale.unknownWords.join(", ")}.`);
  if (!slice.isEven) notes.push("Drawn unevenly: shares and κ are weighted to the run; agreement among people is the slice's own.");
  if (new Set(trials.map(({ cluster }) => cluster)).size < trials.length)
    notes.push("Trials share questions: intervals of accuracy, sensitivity, specificity and Rogan–Gladen take them for independent.");
  return notes;
}

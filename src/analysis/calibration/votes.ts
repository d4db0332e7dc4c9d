/** What the judge's single votes tell: whether it repeats itself, how independent the judges of a panel are, whether it minds the order. */
import type { Verdict } from "../../core/verdict.ts";
import type { PairVerdict } from "../../scoring/statistics/judged/swap-verdict.ts";
import type { MeasurementLevel } from "../../scoring/statistics/agreement/krippendorff-alpha.ts";
import { raterAgreement, type RaterAgreement } from "../../scoring/statistics/agreement/raters.ts";
import { meanErrorCorrelation, panelEffectiveVotes, type ErrorCorrelation } from "../../scoring/statistics/judge-quality/panel.ts";
import { positionBias, type PositionBias } from "../../scoring/statistics/judge-quality/position-bias.ts";
import { mean } from "../../scoring/statistics/summary.ts";
import type { CalibrationTrial, Refused } from "./calibration-trial.ts";
import type { LabelledTrial } from "./slice.ts";

interface Vote {
  judge: string;
  /** The trial and what was asked of it. */
  item: string;
  order: Verdict["order"];
  replicate: number;
  code: number;
}

interface Votes {
  votes: Vote[];
  level: MeasurementLevel;
}

/** The verdicts that could be read, as numbers: their values where all have one, else their labels' places. */
function votesOf(trials: readonly CalibrationTrial[]): Votes {
  const read = trials.flatMap(({ trialId, verdicts }) =>
    verdicts.filter(({ status }) => status === "ok").map((verdict) => ({ ...verdict, item: JSON.stringify([trialId, verdict.question]) })),
  );
  const hasValues = read.every(({ value }) => value !== null);
  const labels = [...new Set(read.map(({ label }) => label ?? ""))];
  const codeOf = ({ value, label }: Verdict) => (hasValues && value !== null ? value : labels.indexOf(label ?? ""));
  const votes = read.map((verdict) => ({
    judge: verdict.judge,
    item: verdict.item,
    order: verdict.order,
    replicate: verdict.replicate,
    code: codeOf(verdict),
  }));
  return { votes, level: hasValues && new Set(votes.map(({ code }) => code)).size > 2 ? "ordinal" : "nominal" };
}

const judgesIn = (votes: readonly Vote[]) => [...new Set(votes.map(({ judge }) => judge))].toSorted();

/** Agreement of what one judge said when it was asked the same again; empty where it never was. */
export function selfConsistency(trials: readonly CalibrationTrial[]): ({ judge: string } & RaterAgreement)[] {
  const { votes, level } = votesOf(trials);
  return judgesIn(votes).flatMap((judge) => {
    const own = votes.filter((vote) => vote.judge === judge);
    const units = [...Map.groupBy(own, ({ item, order }) => `${order} ${item}`).values()].map((unit) => unit.map(({ code }) => code));
    const agreement = raterAgreement(units, level);
    return agreement.n === 0 ? [] : [{ judge, ...agreement }];
  });
}

export interface Panel {
  judges: string[];
  /** Of the judges with each other. */
  agreement: RaterAgreement;
  /** How alike their errors are, and how many independent judges they amount to; by people's labels. */
  errors: (ErrorCorrelation & { effectiveVotes: number | null }) | Refused;
}

/** Null where there is one judge only. */
export function panelOf(trials: readonly CalibrationTrial[], labelled: readonly LabelledTrial[]): Panel | null {
  const { votes, level } = votesOf(trials);
  const judges = judgesIn(votes);
  if (judges.length < 2) return null;
  const given = Map.groupBy(
    votes.filter(({ order }) => order === "given"),
    ({ item }) => item,
  );
  const firstOf = (item: readonly Vote[]) =>
    judges.map((judge) => item.filter((vote) => vote.judge === judge).toSorted((a, b) => a.replicate - b.replicate)[0]?.code ?? null);
  return { judges, agreement: raterAgreement([...given.values()].map(firstOf), level), errors: errorsOf(judges, labelled) };
}

function errorsOf(judges: readonly string[], labelled: readonly LabelledTrial[]): Panel["errors"] {
  if (labelled.length === 0) return { refused: "no trial has a label" };
  const isOneQuestion = labelled.every(({ trial }) => new Set(trial.verdicts.map(({ question }) => question)).size <= 1);
  if (!isOneQuestion) return { refused: "a judge answers several questions about a trial, and people only one" };
  const errors = labelled.map(({ trial, value }) =>
    judges.map((judge) => {
      const values = trial.verdicts.filter((vote) => vote.judge === judge && vote.order === "given").flatMap((vote) => vote.value ?? []);
      const vote = mean(values);
      return vote === null || value === null ? null : vote - value;
    }),
  );
  const correlation = meanErrorCorrelation(errors);
  const { rho } = correlation;
  return {
    ...correlation,
    effectiveVotes: rho === null ? null : panelEffectiveVotes({ judges: judges.length, meanErrorCorrelation: rho }),
  };
}

const PAIR_VERDICTS: Record<string, PairVerdict> = { a: "A", b: "B", tie: "tie" };

/** Of each judge that saw pairs in both orders; its labels are A and B as shown, and `tie`. */
export function positionBiases(trials: readonly CalibrationTrial[]): ({ judge: string } & PositionBias)[] {
  const all = trials.flatMap(({ trialId, verdicts }) =>
    verdicts.map((verdict) => ({ verdict, pair: JSON.stringify([trialId, verdict.question, verdict.replicate]) })),
  );
  const byJudge = Map.groupBy(all, ({ verdict }) => verdict.judge);
  return [...byJudge].flatMap(([judge, own]) => {
    const pairs = [...Map.groupBy(own, ({ pair }) => pair).values()].flatMap((both) => {
      const [given, swapped] = (["given", "swapped"] as const).map((order) => both.find(({ verdict }) => verdict.order === order));
      return given && swapped ? [[shownWinner(given.verdict), shownWinner(swapped.verdict)] as const] : [];
    });
    return pairs.length === 0 ? [] : [{ judge, ...positionBias(pairs) }];
  });
}

function shownWinner({ status, label }: Verdict): PairVerdict {
  return status === "ok" ? (PAIR_VERDICTS[(label ?? "").toLowerCase()] ?? "error") : "error";
}

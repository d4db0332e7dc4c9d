/** Win rates as they would be if both answers were of one length. Nothing prints them yet: how long the other answer was is not on record. */
import { lengthTerms } from "../judge-quality/length-bias.ts";
import { logisticRegression, sigmoid } from "../logistic.ts";
import { mean } from "../summary.ts";

export interface LengthModel {
  /** Log-odds of winning at equal length. */
  theta: number;
  /** Weight of the length term. */
  psi: number;
  /** Difficulty of each question, in log-odds. */
  gamma: readonly number[];
  /** (own length − other's)/sd, of each question. */
  lenStd: readonly number[];
}

export interface LengthControlled {
  raw: number | null;
  lengthControlled: number | null;
}

/**
 * Mean of sigmoid(θ + γ + ψ·tanh(d/sd)) over questions, and the same with the length term 0. Null without questions.
 * Source: Dubois et al. 2024, "Length-Controlled AlpacaEval" (arXiv 2404.04475), §3.
 */
export function lengthControlled({ theta, psi, gamma, lenStd }: LengthModel): LengthControlled {
  return {
    raw: mean(gamma.map((difficulty, index) => sigmoid(theta + difficulty + psi * Math.tanh(lenStd[index] ?? 0)))),
    lengthControlled: mean(gamma.map((difficulty) => sigmoid(theta + difficulty))),
  };
}

/**
 * The same from verdicts: `preferences` in [0, 1] (1 a win, ½ a tie) and the differences of length (own − other's). θ and ψ are fitted
 * without the questions' difficulties, which AlpacaEval takes from a published table: this is its idea for any set of questions, not its
 * leaderboard's number. Null where the fit does not exist: all won, all lost, or lengths that do not differ.
 */
export function lengthControlledWinRate(preferences: readonly number[], differences: readonly number[]): number | null {
  const terms = lengthTerms(differences);
  const fit =
    terms &&
    logisticRegression(
      terms.map((term) => [1, term]),
      preferences,
    );
  return fit?.coefficients[0] === undefined ? null : sigmoid(fit.coefficients[0]);
}

/** How often one of two models wins. Nothing prints it yet: the win rate of `pairwise` is a mean in which a tie is ½, as `tiesHalf` here. */

export interface WinRate {
  /** A tie counts half. */
  tiesHalf: number | null;
  /** Ties left out. */
  contested: number | null;
}

/** Both readings of a tie, since they differ; null of no games (`contested`: of nothing but ties). */
export function winRate({ wins, losses, ties }: { wins: number; losses: number; ties: number }): WinRate {
  const games = wins + losses + ties;
  const contested = wins + losses;
  return { tiesHalf: games === 0 ? null : (wins + ties / 2) / games, contested: contested === 0 ? null : wins / contested };
}

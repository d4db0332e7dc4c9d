/** A panel's verdict by vote. */

export interface Majority<Vote> {
  /** The vote given more often than any other; null for a draw, which no order of the judges may decide, and without votes. */
  winner: Vote | null;
  /** Share of the most frequent vote; null without votes. */
  agreement: number | null;
}

/** Strict plurality over the votes that could be read; null is a judge that gave none. */
export function majority<Vote extends string | number>(votes: readonly (Vote | null)[]): Majority<Vote> {
  const counts = new Map<Vote, number>();
  for (const vote of votes) if (vote !== null) counts.set(vote, (counts.get(vote) ?? 0) + 1);
  const [first, second] = [...counts].sort(([, a], [, b]) => b - a);
  if (first === undefined) return { winner: null, agreement: null };
  const [vote, count] = first;
  const cast = votes.filter((given) => given !== null).length;
  return { winner: count === second?.[1] ? null : vote, agreement: count / cast };
}

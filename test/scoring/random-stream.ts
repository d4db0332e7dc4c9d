/** Reproducible numbers in [0, 1) from a linear congruence (Numerical Recipes §7.1): random enough for the means of a test. */
export function randomStream(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** User ids that images are unlikely to use. Each verifier gets a new one, so that nothing left by an earlier one can touch it. */
const FIRST_UID = 61_000;
const LAST_UID = 64_999;

/** Returns a function that gives the next verifier's user id, which is never the agent's. */
export function verifierUids(agent: number): () => number {
  let lastUid = FIRST_UID - 1;
  return () => {
    lastUid = lastUid >= LAST_UID ? FIRST_UID : lastUid + 1;
    if (lastUid === agent) lastUid += 1;
    return lastUid;
  };
}

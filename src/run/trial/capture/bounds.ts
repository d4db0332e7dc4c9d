/** What looking at changed files may cost, so that it never decides what a trial takes. */
export const CAPTURE_BOUNDS = {
  /** Of a trial's time so far: a step's capture that would take more is skipped. */
  share: 0.05,
  stepTimeoutMs: 5_000,
  lastTimeoutMs: 10_000,
  /** Paths that a listing holds. */
  entries: 20_000,
  /** Changes that an event tells. */
  changes: 1_000,
  unreadable: 20,
  /** Contents read by one capture. */
  files: 200,
  fileBytes: 1024 * 1024,
  captureBytes: 4 * 1024 * 1024,
  /** Contents kept of one trial. */
  trialBytes: 64 * 1024 * 1024,
  /** Texts held in memory to make the next diff: one, and all of a trial. */
  heldTextBytes: 64 * 1024,
  heldBytes: 4 * 1024 * 1024,
  /** Of these, what the first look at a folder reads. */
  firstBytes: 1024 * 1024,
  diffBytes: 64 * 1024,
  /** Of all diffs of one capture. */
  diffMs: 50,
  diffEdits: 5_000,
} as const;

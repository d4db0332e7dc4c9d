/** Every default that shapes a result or a machine's load, in one table; `assay config` prints it. */
export const DEFAULTS = {
  harness: "baseline",
  sandbox: "embedded",
  turns: 100,
  agentTimeMs: 3_600_000,
  commandTimeoutMs: 120_000,
  /** Trials at once where each owns a sandbox: so many for each core, and never more than the maximum. */
  agentTrialsPerCore: 2,
  agentTrialsMax: 8,
  directTrials: 64,
  sandboxStartsAtOnce: 4,
  /** Sandboxes of trials that wait for a slot, started meanwhile. */
  sandboxesAhead: 2,
  sandboxRemovalsAtOnce: 4,
  /** Scorers that use a sandbox, and sandboxes that judges look into, at once. */
  scoringPerCore: 1,
  /** Stored trials that judges are asked about at once: more than calls, so that writing keeps no call waiting. */
  judgedTrials: 128,
  concurrencyStart: 8,
  concurrencyMax: 64,
  retries: 6,
  retryWindowMs: 300_000,
  trialRetries: 1,
  providerTimeoutMs: 600_000,
  shownCharacters: 16_000,
  /** Of each text that a judge is shown: about 50,000 tokens, which today's contexts hold with room to spare. */
  judgedCharacters: 200_000,
  /** Of a judge that looks around in a sandbox, for one question. */
  lookTurns: 20,
  lookToolCalls: 60,
  lookTokens: 500_000,
  /** Waiting for model slots and retries not counted. */
  lookWorkingMs: 600_000,
  lookCommandMs: 20_000,
  recordedBytes: 64 * 1024 * 1024,
  blobThresholdBytes: 64 * 1024,
} as const;

/** Turns for work that scores in sandboxes: so many at once as the machine has cores for. */
import { availableParallelism } from "node:os";
import PQueue from "p-queue";
import { DEFAULTS } from "../core/defaults.ts";

export function scoringSlots(): PQueue {
  return new PQueue({ concurrency: DEFAULTS.scoringPerCore * availableParallelism() });
}

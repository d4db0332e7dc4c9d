/** Grades a finished trial with each scorer of its task. */
import type { Score } from "../../core/score.ts";
import type { PlannedTrial } from "../plan.ts";
import { isBrokenSandbox } from "./broken-sandbox.ts";
import { prepareWorkdir } from "./files.ts";
import { judgeInRun } from "./judging.ts";
import type { ScoringParts } from "./scoring-parts.ts";
import { snapshotOf } from "./snapshot.ts";
import { recordedSandbox } from "./recorded-sandbox.ts";

/** A scorer that fails leaves its score null with the reason. Throws where the trial is cancelled, and where its sandbox broke. */
export async function scoreTrial(parts: ScoringParts): Promise<Score[]> {
  const scores: Score[] = [];
  for (const scorer of parts.planned.task.task.scorers) {
    const startedAt = performance.now();
    const score = await runScorer(scorer, parts);
    // Its verdicts are events of their own.
    const { verdicts: _told, ...given } = score;
    parts.recorder.event("score.given", { score: given, durationMs: performance.now() - startedAt });
    scores.push(score);
  }
  return scores;
}

async function runScorer(scorer: PlannedTrial["task"]["task"]["scorers"][number], parts: ScoringParts): Promise<Score> {
  const { context, planned, recorder, signal } = parts;
  const run = async (): Promise<Score> => {
    const scope = new AsyncDisposableStack();
    try {
      const given = await scorer.score({
        instance: planned.instance,
        output: parts.output,
        sandbox: parts.sandbox && recordedSandbox(parts.sandbox, recorder, () => ({ phase: "score" })),
        freshSandbox: async (content = "empty") => {
          const fresh = scope.use(await parts.startSandbox(content === "trial" ? await snapshotOf(parts.sandbox) : undefined));
          if (content === "instance") {
            const prepared = recordedSandbox(fresh, recorder, () => ({ phase: "setup" }));
            await prepareWorkdir(prepared, planned.instance, signal);
          }
          // Its scorer may dispose of it early; the scope is the net.
          const recorded = recordedSandbox(fresh, recorder, () => ({ phase: "score" }));
          return { ...recorded, [Symbol.asyncDispose]: () => fresh[Symbol.asyncDispose]() };
        },
        judged: (judge) => judgeInRun(scorer.name, judge, parts),
        signal,
      });
      return { ...given, name: scorer.name };
    } catch (error) {
      signal.throwIfAborted();
      if (isBrokenSandbox(error)) throw error;
      const reason = error instanceof Error ? error.message : String(error);
      return { name: scorer.name, value: null, reason };
    } finally {
      await scope.disposeAsync();
    }
  };
  if ((scorer.sandbox ?? "none") === "none") return run();
  parts.doing(`scoring: ${scorer.name}`);
  recorder.event("wait.begin", { for: "score", what: scorer.name });
  return context.scoringSlots.add(run);
}

/** Grades a basics trial in two steps: observe what the agent's work does, then check what was observed. */
import { readFileSync } from "node:fs";
import { defineScorer, runVerifier, verifier, type ScoreInput } from "../../src/index.ts";
import type { BasicsData } from "./instances.ts";

const OBSERVE_TIMEOUT_MS = 60_000;

const prelude = {
  observe: readFileSync(new URL("grading/observe-prelude.py", import.meta.url), "utf8"),
  check: readFileSync(new URL("grading/check-prelude.py", import.meta.url), "utf8"),
};

/**
 * Runs an instance's `observe` script, then its `check`, after the agent is done. The agent's code runs only in the first step, when no
 * expected result is in the sandbox; the second step reads files and what was observed, which the engine held in between.
 */
export const observeThenCheck = defineScorer<BasicsData>({
  name: "verifier",
  sandbox: "trial",
  async score(input) {
    const observed = await observe(input);
    const check = `${prelude.check}\n\n${input.instance.data.check}`;
    const second = verifier<BasicsData>({
      command: 'python3 "$VERIFIER/check.py" "$VERIFIER/observed"',
      files: { "check.py": check, observed },
    });
    return second.score(input);
  },
});

/** What the observing script wrote down; empty where the agent's code ended it or ran out of time: the check then says so. */
async function observe({ instance, sandbox, signal }: ScoreInput<BasicsData>): Promise<string> {
  const script = instance.data.observe;
  if (!script || !sandbox) return "";
  const isPython = script.language === "python";
  const { left } = await runVerifier(sandbox, {
    command: `${isPython ? "python3" : "sh"} "$VERIFIER/observe" "$VERIFIER_RESULTS/observed"`,
    files: { observe: isPython ? `${prelude.observe}\n\n${script.text}` : script.text },
    resultFile: "observed",
    timeoutMs: OBSERVE_TIMEOUT_MS,
    env: { PYTHONNOUSERSITE: "1" },
    signal,
  });
  return new TextDecoder().decode(left);
}

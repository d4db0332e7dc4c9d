/** Scorers whose tests are a Python program that has to run through to its end. */
import type { Json } from "../../core/json.ts";
import { DEFAULTS } from "../../core/defaults.ts";
import { defineScorer, type Scorer } from "../../core/score.ts";
import type { Instance } from "../../core/instance.ts";
import { checkVerification, gradedSandbox, type VerificationOptions } from "../graded-sandbox.ts";
import { runMarkedPython } from "./marked-python.ts";

export interface PythonTestsOptions<Data> {
  /** The whole program: the answer's code, then the tests. */
  program: (output: string, instance: Instance<Data>) => string;
  /** Default 20,000. */
  timeoutMs?: number;
  /** Default `tests`. */
  name?: string;
}

/**
 * Runs a program made from the answer in a fresh sandbox: 1 where it reaches its end with status 0, see {@link runMarkedPython}. A timeout is a
 * wrong answer; a sandbox that cannot run Python throws, which leaves the trial unscored.
 * @example pythonTests<HumanEvalProblem>({ program: (output, { data }) => assembleHumanEval(data, output) })
 */
export function pythonTests<Data = Json>(options: PythonTestsOptions<Data>): Scorer<Data> {
  const { program, timeoutMs = 20_000, name = "tests" } = options;
  return defineScorer<Data>({
    name,
    sandbox: "fresh",
    async score({ output, instance, freshSandbox, signal }) {
      if (output === null) return { value: 0, answer: null, explanation: "The model gave no answer." };
      const answer = program(output, instance);
      await using sandbox = await freshSandbox();
      return { answer, ...(await runMarkedPython(sandbox, answer, { timeoutMs, signal, how: { modes: "kept" } })) };
    },
  });
}

export interface PythonVerifierOptions<Data> extends VerificationOptions {
  /** A Python program that raises where the agent's work is wrong; it runs in the work folder and can import from it. */
  check: string | ((instance: Instance<Data>) => string);
  /** Default 120,000. */
  timeoutMs?: number;
  /** Default `verifier`. */
  name?: string;
}

/**
 * Runs a check in the trial's own sandbox after the agent is done: 1 where it reaches its end with status 0, see {@link runMarkedPython}.
 * Better than a command's exit status where the check imports the agent's code, which could end the process with status 0.
 * @example pythonVerifier({ check: "from sort import sort\nassert sort([2, 1]) == [1, 2]" })
 */
export function pythonVerifier<Data = Json>(options: PythonVerifierOptions<Data>): Scorer<Data> {
  const { check, timeoutMs = DEFAULTS.commandTimeoutMs, name = "verifier" } = options;
  checkVerification(name, options);
  return defineScorer<Data>({
    name,
    sandbox: "trial",
    async score(input) {
      await using graded = await gradedSandbox(name, input, options);
      if (graded.failure !== undefined) return { value: 0, explanation: graded.failure };
      const { sandbox } = graded;
      const source = typeof check === "function" ? check(input.instance) : check;
      return await runMarkedPython(sandbox, source, { timeoutMs, signal: input.signal, how: graded.how });
    },
  });
}

/** Scores a trial by a command that runs in its sandbox once the agent is done. */
import { AssayError } from "../../core/errors.ts";
import type { FileContent } from "../../core/file-content.ts";
import type { Json } from "../../core/json.ts";
import { DEFAULTS } from "../../core/defaults.ts";
import type { Sandbox, VerifyRequest, VerifyResult } from "../../core/sandbox.ts";
import { defineScorer, type Scorer } from "../../core/score.ts";
import type { Instance } from "../../core/instance.ts";
import { checkVerification, gradedSandbox, type VerificationOptions } from "../graded-sandbox.ts";
import { refuseMissingTools } from "../missing-tools.ts";
import { runVerifier } from "../run-verifier.ts";
import { explained, outputTail } from "./output-tail.ts";

export interface VerifierOptions<Data> extends VerificationOptions {
  /** Run by `sh` in the work folder; `$VERIFIER` is the folder with the verifier's files, `$VERIFIER_RESULTS` one for what it leaves. */
  command: string | ((instance: Instance<Data>) => string);
  /** By path relative to `$VERIFIER`. In the sandbox only after the agent is done. */
  files?: Record<string, FileContent> | ((instance: Instance<Data>) => Record<string, FileContent>);
  /** A file under `$VERIFIER_RESULTS` in which a command that exits 0 leaves a number from 0 to 1: partial credit. */
  scoreFile?: string;
  /** A command that must succeed before grading: that a module or a server is there. Where it fails, the trial is left unscored. */
  requires?: string;
  /** Default 120,000. */
  timeoutMs?: number;
  /** Default `verifier`. */
  name?: string;
}

/**
 * Exit status 0 scores 1 (or what `scoreFile` says), any other status 0. A verifier that runs out of time scores 0, since it is the
 * agent's work that hangs; one that cannot do its work (a program is missing, `requires` fails, the sandbox breaks) throws, which leaves
 * the trial unscored.
 *
 * Where the sandbox `protectsVerifier`, the command runs as another user than the agent, and its files and what it leaves are out of the
 * agent's reach; see docs/sandboxes.md. `$VERIFIER` is no variable of the environment: programs under test do not inherit it. A check that
 * imports the agent's code wants {@link pythonVerifier}: that code could exit with status 0.
 * @example verifier({ command: 'python3 "$VERIFIER/check.py"', files: { "check.py": "import json; assert json.load(open('out.json')) == [1, 2]" } })
 */
export function verifier<Data = Json>(options: VerifierOptions<Data>): Scorer<Data> {
  const { command, files = {}, scoreFile, requires, timeoutMs = DEFAULTS.commandTimeoutMs, name = "verifier" } = options;
  checkVerification(name, options);
  return defineScorer<Data>({
    name,
    sandbox: "trial",
    async score(input) {
      const { instance, signal } = input;
      await using graded = await gradedSandbox(name, input, options);
      if (graded.failure !== undefined) return { value: 0, explanation: graded.failure };
      const { sandbox } = graded;
      if (requires !== undefined) await require(sandbox, { command: requires, timeoutMs, signal });
      const request: VerifyRequest = {
        ...graded.how,
        command: typeof command === "function" ? command(instance) : command,
        files: typeof files === "function" ? files(instance) : files,
        ...(scoreFile !== undefined && { resultFile: scoreFile }),
        timeoutMs,
        signal,
      };
      const result = await runVerifier(sandbox, request);
      await refuseMissingTools(sandbox, result, request);
      if (result.timedOut) return { value: 0, ...explained(`The verifier timed out after ${timeoutMs / 1000} s.`, result) };
      if (result.exitCode !== 0) return { value: 0, ...explained(`The verifier exited with status ${result.exitCode}.`, result) };
      const value = scoreFile === undefined ? 1 : readScore(result, scoreFile);
      return { value, ...explained("The verifier exited with status 0.", result) };
    },
  });
}

async function require(sandbox: Sandbox, request: VerifyRequest): Promise<void> {
  const result = await runVerifier(sandbox, { ...request, modes: "kept" });
  if (result.exitCode === 0 && !result.timedOut) return;
  throw new AssayError("score/failed", `What the verifier requires is not there: ${outputTail(result) || `status ${result.exitCode}`}`);
}

function readScore({ left }: VerifyResult, scoreFile: string): number {
  if (!left) throw new AssayError("score/failed", `The verifier left no score in $VERIFIER_RESULTS/${scoreFile}.`);
  const text = new TextDecoder().decode(left).trim();
  const value = text === "" ? Number.NaN : Number(text);
  if (value >= 0 && value <= 1) return value;
  throw new AssayError(
    "score/failed",
    `The verifier's score file holds ${JSON.stringify(text.slice(0, 80))}, which is no number from 0 to 1.`,
  );
}

/** Scores a trial by a command that runs in its sandbox once the agent is done. */
import { randomBytes } from "node:crypto";
import { AssayError } from "../../core/errors.ts";
import { writeContent, type FileContent } from "../../core/file-content.ts";
import type { Json } from "../../core/json.ts";
import { DEFAULTS } from "../../core/defaults.ts";
import type { Sandbox } from "../../core/sandbox.ts";
import { defineScorer, type Scorer } from "../../core/score.ts";
import type { Instance } from "../../core/instance.ts";
import { outputTail } from "./output-tail.ts";

export interface VerifierOptions<Data> {
  /** Run by `sh` in the work folder; `$VERIFIER`, put in before the shell sees it, is the folder with the verifier's files. */
  command: string | ((instance: Instance<Data>) => string);
  /** By path relative to `$VERIFIER`. In the sandbox only after the agent is done. */
  files?: Record<string, FileContent> | ((instance: Instance<Data>) => Record<string, FileContent>);
  /** A file under `$VERIFIER` in which a command that exits 0 leaves a number from 0 to 1: partial credit. */
  scoreFile?: string;
  /** Default 120,000. */
  timeoutMs?: number;
  /** Default `verifier`. */
  name?: string;
}

/**
 * Exit status 0 scores 1 (or what `scoreFile` says), any other status 0. A verifier that runs out of time scores 0, since it is the
 * agent's work that hangs; a sandbox that fails throws, which leaves the trial unscored.
 *
 * `$VERIFIER` is a folder of a random name and no variable of the environment: what the agent left cannot wait there, and programs under
 * test do not inherit it. A check that imports the agent's code wants {@link pythonVerifier}: that code could exit with status 0.
 * An agent that replaced the interpreter itself, or left a process of the same user behind, is not kept out.
 * @example verifier({ command: 'python3 "$VERIFIER/check.py"', files: { "check.py": "import json; assert json.load(open('out.json')) == [1, 2]" } })
 */
export function verifier<Data = Json>(options: VerifierOptions<Data>): Scorer<Data> {
  const { command, files = {}, scoreFile, timeoutMs = DEFAULTS.commandTimeoutMs, name = "verifier" } = options;
  return defineScorer<Data>({
    name,
    sandbox: "trial",
    async score({ instance, sandbox, signal }) {
      if (!sandbox) throw new AssayError("score/failed", `The scorer ${name} needs the trial's sandbox, and this trial had none.`);
      const folder = `/tmp/verifier-${randomBytes(8).toString("hex")}`;
      const contents = typeof files === "function" ? files(instance) : files;
      for (const [path, content] of Object.entries(contents)) await writeContent(sandbox, `${folder}/${path}`, content);
      const text = typeof command === "function" ? command(instance) : command;
      const result = await sandbox.exec(text.replaceAll(/\$(?:VERIFIER\b|\{VERIFIER\})/g, folder), {
        cwd: sandbox.workdir,
        timeoutMs,
        signal,
      });
      const explain = (what: string) => [what, outputTail(result)].filter((part) => part !== "").join("\n");
      if (result.timedOut) return { value: 0, explanation: explain(`The verifier timed out after ${timeoutMs / 1000} s.`) };
      if (result.exitCode !== 0) return { value: 0, explanation: explain(`The verifier exited with status ${result.exitCode}.`) };
      const value = scoreFile === undefined ? 1 : await readScore(sandbox, `${folder}/${scoreFile}`);
      return { value, explanation: explain("The verifier exited with status 0.") };
    },
  });
}

async function readScore(sandbox: Sandbox, path: string): Promise<number> {
  const text = new TextDecoder().decode(await sandbox.readFile(path)).trim();
  const value = text === "" ? Number.NaN : Number(text);
  if (value >= 0 && value <= 1) return value;
  throw new AssayError(
    "score/failed",
    `The verifier's score file holds ${JSON.stringify(text.slice(0, 80))}, which is no number from 0 to 1.`,
  );
}

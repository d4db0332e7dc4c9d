/** The sandbox that a verifier grades: the agent's own, or a new one with what the agent was to leave. */
import { posix } from "node:path";
import { AssayError } from "../core/errors.ts";
import type { Json } from "../core/json.ts";
import type { Sandbox, VerifyRequest } from "../core/sandbox.ts";
import type { ScoreInput } from "../core/score.ts";
import { unsafeEntry } from "./safe-tar.ts";

export interface VerificationOptions {
  /**
   * How the sandbox is graded. `live`: as the agent left it, with what it left running. `quiet`: the agent's processes are killed first.
   * `fresh`: the `artifacts` are copied into a new sandbox, which has the instance's files and setup, and graded there. Default `live`.
   */
  verification?: "live" | "quiet" | "fresh";
  /** Files and folders that the agent was to leave, absolute or relative to the work folder. For `fresh` only. */
  artifacts?: readonly string[];
  /**
   * `opened`: the verifier, who is another user, may read what the agent made private, and write in the work folder. `kept`: for checks of
   * the modes of files, which are then left as they are. Default `opened`.
   */
  modes?: "opened" | "kept";
}

/** Where to grade and how; or why there is nothing to grade, which is the agent's failure. */
export type Graded = AsyncDisposable &
  ({ sandbox: Sandbox; how: Pick<VerifyRequest, "processes" | "modes">; failure?: undefined } | { failure: string });

/** The trial's own sandbox is not the scorer's to remove. */
const NOTHING_TO_REMOVE: AsyncDisposable = { [Symbol.asyncDispose]: async () => {} };

/** Throws `config/invalid` where the options contradict each other. */
export function checkVerification(scorer: string, { verification = "live", artifacts = [] }: VerificationOptions): void {
  if (verification === "fresh" && artifacts.length === 0) {
    throw new AssayError("config/invalid", `The scorer ${scorer} grades in a fresh sandbox but names no artifacts.`, {
      hint: 'Name what is copied there: artifacts: ["solution.py"].',
    });
  }
  if (verification !== "fresh" && artifacts.length > 0) {
    throw new AssayError(
      "config/invalid",
      `The scorer ${scorer} names artifacts, which are for verification "fresh", not "${verification}".`,
    );
  }
}

/** Dispose of the result when the grading is over. Throws `score/failed` where the trial had no sandbox. */
export async function gradedSandbox<Data = Json>(scorer: string, input: ScoreInput<Data>, options: VerificationOptions): Promise<Graded> {
  const { sandbox } = input;
  if (!sandbox) throw new AssayError("score/failed", `The scorer ${scorer} needs the trial's sandbox, and this trial had none.`);
  const { verification = "live", artifacts = [], modes = "opened" } = options;
  if (verification !== "fresh")
    return { ...NOTHING_TO_REMOVE, sandbox, how: { modes, processes: verification === "quiet" ? "killed" : "live" } };
  const taken: { path: string; tar: Uint8Array }[] = [];
  for (const artifact of artifacts) {
    const path = posix.resolve(sandbox.workdir, artifact);
    const found = await take(sandbox, path, artifact);
    if (typeof found === "string") return { ...NOTHING_TO_REMOVE, failure: found };
    taken.push({ path, tar: found });
  }
  const fresh = await input.freshSandbox("instance");
  const remove = { [Symbol.asyncDispose]: () => fresh[Symbol.asyncDispose]() };
  try {
    for (const { path, tar } of taken) {
      // What the instance had there is replaced: a file that the agent deleted must not come back.
      await fresh.exec(["sh", "-c", 'rm -rf -- "$1"/* "$1"/.[!.]* "$1"/..?*; rmdir -- "$1" 2>/dev/null || rm -f -- "$1"', "sh", path]);
      await fresh.upload(tar, { into: posix.dirname(path) });
    }
    return { ...remove, sandbox: fresh, how: { modes } };
  } catch (error) {
    await fresh[Symbol.asyncDispose]();
    throw error;
  }
}

/** The artifact as a tar archive, or why it cannot be taken. */
async function take(sandbox: Sandbox, path: string, artifact: string): Promise<Uint8Array | string> {
  try {
    const tar = await sandbox.download(path);
    const unsafe = await unsafeEntry(tar);
    return unsafe === undefined ? tar : `The artifact "${artifact}" is refused: ${unsafe}.`;
  } catch (error) {
    if (error instanceof AssayError && error.code === "sandbox/path") return `The artifact "${artifact}" cannot be taken: ${error.message}`;
    throw error;
  }
}

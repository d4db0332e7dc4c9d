/** A command whose result decides a score: started by the engine, ended by the engine's own exit code. */
import type { Container } from "dockerode";
import { AssayError, type ExecResult } from "../../../src/index.ts";
import { runByEngine, type EngineCommand } from "../commands/direct-exec.ts";
import { oneLine } from "../engine/engine.ts";

/** Runs it to its end, its timeout or its abort. Throws `score/failed` where the engine refuses it. */
export async function runVerifierProcess(container: Container, command: EngineCommand): Promise<ExecResult> {
  try {
    return await runByEngine(container, command);
  } catch (error) {
    if (error instanceof AssayError || command.signal?.aborted) throw error;
    throw new AssayError("score/failed", `The verifier could not be started in the sandbox: ${oneLine(error)}`, { cause: error });
  }
}

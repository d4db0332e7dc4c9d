/** Puts an instance's files into a fresh sandbox and runs its setup. */
import { AssayError } from "../../core/errors.ts";
import { writeContent } from "../../core/file-content.ts";
import type { Sandbox } from "../../core/sandbox.ts";
import type { Instance } from "../../core/instance.ts";

/** Writes the files and runs the setup command. Throws `sandbox/failed` where the setup fails: the instance is then unusable, not wrong. */
export async function prepareWorkdir(sandbox: Sandbox, instance: Instance, signal: AbortSignal): Promise<void> {
  for (const [path, content] of Object.entries(instance.files ?? {})) {
    signal.throwIfAborted();
    await writeContent(sandbox, path, content);
  }
  if (instance.setup === undefined) return;
  const result = await sandbox.exec(instance.setup, { signal });
  if (result.exitCode === 0 && !result.timedOut) return;
  const stderr = Buffer.from(result.stderr).toString("utf8").trim().split("\n").at(-1) ?? "";
  throw new AssayError(
    "sandbox/failed",
    `Instance ${instance.id}: its setup ${result.timedOut ? "ran out of time" : `ended with exit code ${result.exitCode}`}: ${stderr.slice(0, 300)}`,
    {
      hint: "Fix the instance's `setup` command.",
    },
  );
}

/** Puts an instance into an embedded sandbox, as the engine does, and scores what is left there. */
import embedded from "../../sandboxes/embedded.ts";
import { sandboxSpecSchema, type Instance, type Sandbox, type SandboxSpecInput, type Score, type Scorer } from "../../src/index.ts";
import { noJudge } from "../scoring/no-judge.ts";

interface PartsOfTask<Data> {
  sandbox?: SandboxSpecInput;
  scorers: Scorer<Data>[];
}

/** Starts a sandbox with the instance's files, runs the commands one by one, and gives the first scorer's score. */
export async function scoreAfter<Data>(
  task: PartsOfTask<Data>,
  instance: Instance<Data>,
  commands: readonly string[],
  output = "Done.",
): Promise<Omit<Score, "name">> {
  await using backend = await embedded.open();
  const spec = sandboxSpecSchema.parse(task.sandbox ?? {});
  const start = () => backend.start(spec, { owner: { runId: "test", trialId: instance.id, attempt: 1 } });
  await using sandbox = await start();
  await writeFiles(sandbox, instance);
  for (const command of commands) await sandbox.exec(command, { cwd: sandbox.workdir });
  const [scorer] = task.scorers;
  if (!scorer) throw new Error("the task has no scorer");
  // awaited here: the sandbox lives until the end of this function.
  return await scorer.score({ instance, output, sandbox, freshSandbox: start, judged: noJudge, signal: AbortSignal.timeout(120_000) });
}

async function writeFiles<Data>(sandbox: Sandbox, { files = {}, setup }: Instance<Data>): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    const bytes = typeof content === "string" ? content : "text" in content ? content.text : Buffer.from(content.base64, "base64");
    await sandbox.writeFile(`${sandbox.workdir}/${path}`, bytes);
  }
  if (setup !== undefined) await sandbox.exec(setup, { cwd: sandbox.workdir });
}

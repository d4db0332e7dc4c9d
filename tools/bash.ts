/** Runs one command in a fresh bash. */
import { z } from "zod";
import { commandOutput, commandTimeout, defineTool, type ExecResult, type ToolContext } from "../src/index.ts";

export default defineTool({
  name: "bash",
  plays: "command",
  description: `Run a command with bash in the sandbox and see its output and exit code.
Each call starts a new shell in the work folder: files stay, but the current folder, variables and functions do not; join dependent steps with && or newlines.
There is no terminal and no input: interactive programs (editors, pagers, prompts) do not work, use their non-interactive options. The middle of a very long output is cut out.`,
  input: z.object({
    command: z.string().min(1).describe("The command, or a script of several lines."),
    timeoutSeconds: z
      .number()
      .positive()
      .optional()
      .describe("Kill the command after so many seconds, where that is sooner than the usual limit."),
  }),
  async execute({ command, timeoutSeconds }, context) {
    const timeoutMs = commandTimeout(context, timeoutSeconds);
    const { result, notes } = await runInBash(command, timeoutMs, context);
    return commandOutput(result, { timeoutMs, notes });
  },
});

const NO_BASH = "this machine has no bash: sh ran the command";

/** Small images have no bash: there it is sh, found out only where a command could not be started. */
async function runInBash(command: string, timeoutMs: number, context: ToolContext): Promise<{ result: ExecResult; notes: string[] }> {
  const { sandbox, signal } = context;
  const shell = await context.state(() => ({ name: "bash" }));
  const run = () => sandbox.exec([shell.name, "-c", command], { timeoutMs, signal });
  const result = await run();
  const mayBeMissing = shell.name === "bash" && (result.exitCode === 126 || result.exitCode === 127);
  if (!mayBeMissing || (await sandbox.exec("command -v bash", { signal })).exitCode === 0) return { result, notes: [] };
  shell.name = "sh";
  return { result: await run(), notes: [NO_BASH] };
}

/** Runs commands one after the other in one persistent shell. */
import { z } from "zod";
import { commandOutput, commandTimeout, defineTool, type Sandbox, type Shell, type ToolOutput } from "../src/index.ts";

export default defineTool({
  name: "bash_session",
  plays: "command",
  description: `Run a command in a shell session that lasts for the whole task, and see its output and exit code.
The current folder, variables and functions stay from one call to the next. There is no terminal and no input: interactive programs (editors, pagers, prompts) do not work. Start long-running servers in the background with their output in a file (\`server > server.log 2>&1 &\`). If the session misbehaves, call with restart: true for a fresh one. The middle of a very long output is cut out.`,
  input: z.object({
    command: z.string().optional().describe("The command, or a script of several lines. May be left out with restart."),
    restart: z
      .boolean()
      .optional()
      .describe("Replace the session by a fresh one first: folder, variables and functions are lost, files stay."),
    timeoutSeconds: z
      .number()
      .positive()
      .optional()
      .describe("Kill the command after so many seconds, where that is sooner than the usual limit."),
  }),
  async execute({ command, restart, timeoutSeconds }, context): Promise<ToolOutput> {
    if (!command && !restart) return { failure: "invalid-input", text: "Give a command, or restart: true for a fresh session." };
    const session = await context.state(() => createSession(context.sandbox));
    if (restart) await session.close();
    if (!command) return { text: "The session was restarted." };
    const timeoutMs = commandTimeout(context, timeoutSeconds);
    const result = await (await session.shell()).exec(command, { timeoutMs, signal: context.signal });
    return commandOutput(result, { timeoutMs, notes: restart ? ["the session was restarted"] : [] });
  },
});

interface Session extends AsyncDisposable {
  /** The open shell, started where there is none. */
  shell(): Promise<Shell>;
  close(): Promise<void>;
}

function createSession(sandbox: Sandbox): Session {
  let open: Shell | undefined;
  const close = async () => {
    const shell = open;
    open = undefined;
    await shell?.[Symbol.asyncDispose]();
  };
  return { shell: async () => (open ??= await sandbox.shell()), close, [Symbol.asyncDispose]: close };
}

/** Runs one Python script. */
import { z } from "zod";
import { commandOutput, commandTimeout, defineTool } from "../src/index.ts";

export default defineTool({
  name: "python",
  description: `Run a Python 3 script in the sandbox and see what it prints and its exit code.
Only what is printed is shown: print() what you want to see. Each call is a new process in the work folder: variables and imports do not survive to the next call, files do. Modules of the work folder can be imported. There is no input (input() fails). The middle of a very long output is cut out.`,
  input: z.object({
    code: z.string().min(1).describe("The script."),
    timeoutSeconds: z
      .number()
      .positive()
      .optional()
      .describe("Kill the script after so many seconds, where that is sooner than the usual limit."),
  }),
  needs: ["hasPython"],
  async execute({ code, timeoutSeconds }, context) {
    const timeoutMs = commandTimeout(context, timeoutSeconds);
    // From stdin: no file appears in the work folder, and modules are found there, as with `python3 -c`, which has a length limit.
    const result = await context.sandbox.exec(["python3", "-"], { stdin: code, timeoutMs, signal: context.signal });
    return commandOutput(result, { timeoutMs });
  },
});

/** Ends the trial with an answer. */
import { z } from "zod";
import { defineTool } from "../src/index.ts";

export default defineTool({
  name: "submit",
  plays: "answer",
  description:
    "Submit your final answer and end the task. Call it once, when the work is done and checked: nothing can be done afterwards. Where the task asks for a changed file or system rather than for an answer, submit a short summary.",
  input: z.object({ answer: z.string().describe("The final answer, complete and in the form that the task asks for.") }),
  needsSandbox: false,
  execute: ({ answer }) => ({ text: "Submitted.", submitted: { answer } }),
});

/** A place to think between tool calls; nothing happens but the record. */
import { z } from "zod";
import { defineTool } from "../src/index.ts";

export default defineTool({
  name: "think",
  description:
    "Write down a thought. It runs nothing and changes nothing: use it to take stock of what you have learned, to compare options, or to check a plan before a step that cannot be undone.",
  input: z.object({ thought: z.string().describe("What you are thinking.") }),
  needsSandbox: false,
  execute: () => ({ text: "Noted." }),
});

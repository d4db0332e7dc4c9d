import { defineHarness } from "../../core/harness.ts";

export default defineHarness({
  name: "bash",
  description: "For models without tool calls: one fenced shell command per turn.",
  scaffold: "bash-block",
  tools: ["bash"],
});

import { defineHarness } from "../../core/harness.ts";

export default defineHarness({
  name: "baseline",
  description: "One model call, no tools: the tools-off twin of any agent run.",
  scaffold: "direct",
});

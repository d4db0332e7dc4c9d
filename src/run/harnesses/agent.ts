import { defineHarness } from "../../core/harness.ts";

export default defineHarness({
  name: "agent",
  description: "A tool-calling agent with a shell, Python and a text editor.",
  scaffold: "react",
  tools: ["bash", "python", "text_editor", "submit"],
});

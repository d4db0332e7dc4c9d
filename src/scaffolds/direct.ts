/** One model call: its text is the answer. */
import { defineScaffold } from "../core/scaffold.ts";

export default defineScaffold({
  name: "direct",
  description: "One model call without tools; its text is the answer.",
  toolStyle: "none",
  async run(trial) {
    const reply = await trial.ask();
    trial.answer(reply.text);
  },
});

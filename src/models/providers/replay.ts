/** Answers with the replies that a stored run recorded, in order, and says where what is asked departs from the recording. */
import { AssayError } from "../../core/errors.ts";
import { defineProvider, type RecordedReply, type TrialIdentity } from "../../core/model.ts";
import { Departures } from "../departures.ts";
import { localModel } from "../local-model.ts";
import { checkQuery } from "../spec.ts";

export default defineProvider({
  name: "replay",
  description: "replay/<run folder or id>: answers with a stored run's recorded replies, in order.",
  async open(spec, _options, { openRecording }) {
    checkQuery(spec, []);
    if (!openRecording)
      throw new AssayError("config/unsupported", `${spec.text} can only be used where stored runs can be read.`, {
        hint: "Use it with: assay run -m replay/RUN",
      });
    const source = await openRecording(spec.model);
    return {
      capabilities: { hasToolCalls: true, isLocal: true },
      async forTrial(trial) {
        const replies = await source.recordedReplies(trial);
        if (!replies) {
          throw new AssayError("model/replay-ended", `${spec.text} has no recording of ${nameOf(trial)}.`, {
            hint: "Replay with the tasks, instances and epochs of the recorded run.",
          });
        }
        return localModel("replay", spec.model, replaying(spec.text, trial, replies));
      },
    };
  },
});

function replaying(model: string, trial: TrialIdentity, replies: readonly RecordedReply[]): Parameters<typeof localModel>[2] {
  const departures = new Departures();
  let turn = 0;
  return ({ prompt }) => {
    const recorded = replies[turn];
    turn++;
    if (!recorded) {
      const since = departures.first === undefined ? "and nothing departed from it before" : `it departed first at ${departures.first}`;
      throw new AssayError(
        "model/replay-ended",
        `${model}: the recording of ${nameOf(trial)} has ${replies.length} replies, and turn ${turn} asks for one more; ${since}.`,
        { hint: "Compare the two traces with: assay replay RUN TRIAL" },
      );
    }
    return { ...recorded.reply, warnings: departures.at(turn, prompt, recorded.sent) };
  };
}

function nameOf({ task, instanceId, epoch }: TrialIdentity): string {
  return `${task}/${instanceId}/${epoch}`;
}

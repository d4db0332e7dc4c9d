/** A trial as its model sees it. */
import type { TrialIdentity } from "../../core/model.ts";
import type { PlannedTrial } from "../plan.ts";

/** Only models that play something recorded or known look at it. */
export function identityOf({ task, execution, instance, epoch, position }: PlannedTrial, attempt: number): TrialIdentity {
  return {
    task: task.spec,
    instanceId: instance.id,
    epoch,
    attempt,
    position,
    ...(instance.reference && { reference: instance.reference }),
    toolStyle: execution.scaffold.toolStyle,
    tools: execution.tools,
    ...(execution.scaffold.writeStep && { writeStep: execution.scaffold.writeStep }),
  };
}

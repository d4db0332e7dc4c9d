/** A stored trial as judges see it; its trace is read only where one wants the transcript. */
import type { JudgedTrial } from "../../core/judge.ts";
import { conversationOf } from "../../store/conversation.ts";
import { readTrace } from "../../store/read-trace.ts";
import { judgedTrial } from "../judges/judged-trial.ts";
import type { Opponents } from "./opponents.ts";
import type { PassTrial } from "./pass-trials.ts";

export async function judgedRow(
  { runPath, planned, row }: Pick<PassTrial, "planned" | "row"> & { runPath: string },
  opponents?: Opponents,
): Promise<JudgedTrial> {
  return judgedTrial({
    instance: planned.instance,
    request: planned.request,
    output: row.output,
    opponent: (await opponents?.outputOf(row)) ?? null,
    messages: async () => (await Array.fromAsync(conversationOf(readTrace(runPath, row)))).map(({ message }) => message),
  });
}

/** What a judge gave as its reasons. */
import type { JudgeAnswer } from "../../core/judge.ts";

/** For a grade to pass on; nothing where the answer has none. */
export function explanationOf(given: JudgeAnswer | undefined): { explanation?: string } {
  const reasons = given?.answer?.["explanation"];
  return typeof reasons === "string" ? { explanation: reasons } : {};
}

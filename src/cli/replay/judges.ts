/** A judge's verdict as blocks: what it decided, and what it wrote. */
import type { StoredFields } from "../../store/read-trace.ts";
import { styled, type Line } from "../terminal/line.ts";
import { scoreText } from "../terminal/quantities.ts";
import type { Block } from "./blocks.ts";

export function judgeBlocks({ verdict, text }: StoredFields<"judge.response">): Block[] {
  const { judge, question, order, replicate, status, label, value, reason, suspectedInjection = [] } = verdict;
  const decided = status === "ok" ? [label ?? "", value === null ? "" : scoreText(value)].filter((part) => part !== "").join(", ") : status;
  const which = [question, ...(order === "given" ? [] : [order]), ...(replicate > 1 ? [`replicate ${replicate}`] : [])].join(", ");
  const head: Line = [
    styled(`verdict ${decided}`, status === "ok" ? "cyan" : "yellow"),
    styled(`  ${which}, by ${judge}${verdict.isCached ? ", from disk" : ""}`, "dim"),
    ...(reason === undefined ? [] : [`  ${reason}`]),
    ...(suspectedInjection.length > 0
      ? [styled(`  the data seems to speak to the judge: ${suspectedInjection.join(", ")}`, "yellow")]
      : []),
  ];
  return [{ head, ...(text !== null && { content: text }) }];
}

/** What a text-only model's reply asks for: a command, the end, or nothing that can be done. */
import type { ReferenceStep, Reply } from "../../core/scaffold.ts";
import { fencedBlocks, isShell } from "./fenced-blocks.ts";

export type Step =
  | { kind: "command"; command: string }
  | { kind: "done"; answer: string }
  /** Nothing was run; `message` tells the model why and what to write instead. */
  | { kind: "problem"; message: string };

/** First line of the block by which a model ends: the lines after it are its answer, taken as they are; nothing is run. */
const DONE_COMMAND = "echo ASSAY_DONE";

/** A step as a model writes it, in a fence longer than any inside. */
export function writeStep(step: ReferenceStep): string {
  const content = "command" in step ? step.command : `${DONE_COMMAND}\n${step.answer}`;
  const longest = Math.max(2, ...content.split("\n").map((line) => /^\s*(`*)/.exec(line)?.[1]?.length ?? 0));
  const fence = "`".repeat(longest + 1);
  return `${fence}bash\n${content}\n${fence}`;
}

export const FORMAT = `Write exactly one command block, fenced like this:

${writeStep({ command: "ls -la" })}`;

export const ENDING = `When the task is done, end with a block whose first line is exactly \`${DONE_COMMAND}\`. The lines after it are your final answer, taken as they are; nothing in that block is run:

${writeStep({ answer: "Your final answer" })}`;

export function stepOf(reply: Pick<Reply, "text" | "finishReason">): Step {
  const blocks = fencedBlocks(reply.text).filter(isShell);
  if (blocks.some((block) => !block.isClosed)) {
    const why =
      reply.finishReason === "length"
        ? "was cut off at the length limit inside its command block"
        : "has a command block that is not closed by a fence";
    return problem(`Your reply ${why}. Nothing was run. ${FORMAT}`);
  }
  const [block] = blocks;
  if (!block) {
    const why =
      reply.finishReason === "length" ? "was cut off at the length limit before any command block. Be shorter" : "has no command block";
    return problem(`Your reply ${why}. ${FORMAT}\n\n${ENDING}`);
  }
  if (blocks.length > 1)
    return problem(
      `Your reply has ${blocks.length} command blocks; nothing was run. ${FORMAT}\n\nSeveral commands go into one block, one a line.`,
    );
  return stepOfBlock(block.content);
}

function stepOfBlock(content: string): Step {
  const [first = "", ...rest] = content.replace(/^\s*\n/, "").split("\n");
  // Leading spaces of the answer's first line stay: it may be code.
  if (first.trim() === DONE_COMMAND)
    return {
      kind: "done",
      answer: rest
        .join("\n")
        .replace(/^\s*\n/, "")
        .trimEnd(),
    };
  if (content.includes(DONE_COMMAND))
    return problem(
      `\`${DONE_COMMAND}\` must stand alone on the first line of its block; nothing was run. First run your commands without it.\n\n${ENDING}`,
    );
  if (content.trim() === "") return problem(`Your command block is empty. ${FORMAT}`);
  return { kind: "command", command: content };
}

function problem(message: string): Step {
  return { kind: "problem", message };
}

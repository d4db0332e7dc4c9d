/** A trial as judges see it: what was asked, what is known of the answer, what was answered, what was done. */
import type { JudgedTrial, TranscriptStep } from "../../core/judge.ts";
import type { Instance, Reference } from "../../core/instance.ts";
import type { Message, Request } from "../../core/message.ts";

interface Finished {
  instance: Instance;
  request: Request;
  output: string | null;
  opponent?: string | null;
  /** The conversation, from its beginning. */
  messages: () => Promise<readonly Message[]>;
}

export function judgedTrial({ instance, request, output, opponent = null, messages }: Finished): JudgedTrial {
  return {
    instance,
    question: questionText(request),
    reference: referenceText(instance.reference),
    output,
    opponent,
    transcript: async () => (await messages()).map((message, index): TranscriptStep => ({ step: index + 1, message })),
  };
}

function questionText(request: Request): string {
  if (request.kind === "completion") return request.prompt;
  if (request.kind === "loglikelihood") return request.context;
  return conversationText(request.messages);
}

/** A conversation as text: what was said, where only one message is not the system's; otherwise each message with who says it. */
export function conversationText(messages: readonly Message[]): string {
  const [only, ...others] = messages.filter(({ role }) => role !== "system");
  if (only && others.length === 0) return only.content;
  return messages.map(({ role, content }) => `${role}: ${content}`).join("\n\n");
}

/** A reference as text; null where it is only commands. */
function referenceText(reference: Reference | undefined): string | null {
  if (!reference) return null;
  return "text" in reference ? reference.text : (reference.answer ?? null);
}

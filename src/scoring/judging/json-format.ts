/** Answers that are lists: a judge that cannot write JSON cannot give them. */
import type { z } from "zod";
import type { AnswerFormat } from "../../core/judge.ts";

/** An object whose list at `verdict` is what is decided. What must hold between its entries is a refinement of the whole object. */
export function jsonFormat(verdict: string, schema: z.ZodObject): AnswerFormat {
  return { schema, verdict, inWords: "say that you cannot.", fromText: () => undefined };
}

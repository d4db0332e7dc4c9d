/** The other side of `throughput.ts`: a bare loop of the AI SDK's `doGenerate` over the same requests, nothing kept. Reads its job as JSON from argv. */
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { z } from "zod";
import { FINAL_LINE, loadQuestions } from "./questions.ts";

const jobSchema = z.object({ baseURL: z.string(), epochs: z.number(), concurrency: z.number(), scratch: z.string() });

const { baseURL, epochs, concurrency, scratch } = jobSchema.parse(JSON.parse(process.argv[2] ?? "null"));
const model = createOpenAICompatible({ name: "m", baseURL })("m");
const { questions } = await loadQuestions(scratch);
const total = questions.length * epochs;
let next = 0;

async function worker(): Promise<void> {
  while (next < total) {
    const question = questions[next % questions.length];
    next += 1;
    await model.doGenerate({
      prompt: [{ role: "user", content: [{ type: "text", text: `${question}\n\n${FINAL_LINE}` }] }],
      temperature: 0,
      maxOutputTokens: 1024,
    });
  }
}

await Promise.all(Array.from({ length: concurrency }, worker));

/** The other side of `throughput.ts` and `rescore.ts`: a bare loop of the AI SDK's `doGenerate`, nothing kept. Reads its job as JSON from argv. */
import { readFile } from "node:fs/promises";
import type { LanguageModelV4CallOptions } from "@ai-sdk/provider";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { z } from "zod";

const jobSchema = z.object({ baseURL: z.string(), calls: z.number(), concurrency: z.number(), options: z.string() });
const optionsSchema = z.array(z.custom<LanguageModelV4CallOptions>()).min(1);

const job = jobSchema.parse(JSON.parse(process.argv[2] ?? "null"));
const model = createOpenAICompatible({ name: "m", baseURL: job.baseURL, supportsStructuredOutputs: true })("m");
const options = optionsSchema.parse(JSON.parse(await readFile(job.options, "utf8")));
let next = 0;

async function worker(): Promise<void> {
  while (next < job.calls) {
    const call = options[next % options.length];
    next += 1;
    if (call) await model.doGenerate(call);
  }
}

await Promise.all(Array.from({ length: job.concurrency }, worker));

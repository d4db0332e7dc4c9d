/** Starts the server of the benchmarks in a process of its own and reads its clock. */
import { z } from "zod";
import { startProcess } from "./process.ts";

const statsSchema = z.object({ requests: z.number(), elapsedMs: z.number(), marks: z.array(z.number()) });

/** What the server saw; `marks` are the times (`Date.now()`) of each 1,000th request. */
export type ServerStats = z.output<typeof statsSchema>;

export interface Server extends AsyncDisposable {
  /** An API root, ending in /v1. */
  baseURL: string;
  reset(): Promise<void>;
  stats(): Promise<ServerStats>;
}

/** `answer`: what it says to everything, if not a solution of a word problem. */
export async function startServer({ answer }: { answer?: string } = {}): Promise<Server> {
  const words = answer === undefined ? [] : [answer];
  const child = startProcess(process.execPath, [new URL("./server.process.ts", import.meta.url).pathname, ...words]);
  const port = await child.firstLine;
  const baseURL = `http://127.0.0.1:${port}/v1`;
  return {
    baseURL,
    reset: async () => void (await fetch(`${baseURL}/stats`, { method: "DELETE" })),
    stats: async () => statsSchema.parse(await (await fetch(`${baseURL}/stats`)).json()),
    async [Symbol.asyncDispose]() {
      child.kill();
      const { stderr } = await child.ended;
      if (stderr !== "") process.stderr.write(`the benchmark's server:\n${stderr}`);
    },
  };
}

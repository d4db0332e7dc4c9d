/**
 * A server with OpenAI's chat completions that answers at once, and a clock: `GET /stats` gives the number of requests,
 * the time from the first to the last, and when each 1,000th came; `DELETE /stats` forgets them. What it answers is its argument.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";

const MARK_EVERY = 1000;
const ANSWER = process.argv[2] ?? "Let me think. 2 + 2 = 4, and so on.\n#### 18";

let requests = 0;
let firstMs = 0;
let lastMs = 0;
/** Wall-clock time of each 1,000th request. */
let marks: number[] = [];

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => void chunks.push(chunk));
  request.on("end", () => answer(request, response, chunks));
});

function answer(request: IncomingMessage, response: ServerResponse, chunks: readonly Buffer[]): void {
  response.setHeader("content-type", "application/json");
  if (request.url?.endsWith("/stats")) {
    if (request.method === "DELETE") [requests, marks] = [0, []];
    response.end(JSON.stringify({ requests, elapsedMs: lastMs - firstMs, marks }));
    return;
  }
  if (!request.url?.endsWith("/chat/completions")) {
    response.end(JSON.stringify({ object: "list", data: [{ id: "m", object: "model" }] }));
    return;
  }
  const body: unknown = JSON.parse(Buffer.concat(chunks).toString("utf8"));
  if (typeof body !== "object" || body === null || !("messages" in body)) {
    response.statusCode = 400;
    response.end("{}");
    return;
  }
  lastMs = performance.now();
  if (requests === 0) firstMs = lastMs;
  requests += 1;
  if (requests % MARK_EVERY === 0) marks.push(Date.now());
  response.end(completion());
}

function completion(): string {
  return JSON.stringify({
    id: `c${requests}`,
    object: "chat.completion",
    created: 1,
    model: "m",
    choices: [{ index: 0, finish_reason: "stop", message: { role: "assistant", content: ANSWER } }],
    usage: { prompt_tokens: 100, completion_tokens: 20, total_tokens: 120 },
  });
}

// A busy machine may leave a connection idle for seconds: it is not to be closed under a request.
server.keepAliveTimeout = 120_000;
server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  if (typeof address === "object" && address !== null) process.stdout.write(`${address.port}\n`);
});

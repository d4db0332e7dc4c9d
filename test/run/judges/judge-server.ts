/** A server with OpenAI's chat completions that judges as a function says, and counts. */
import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import { z } from "zod";

const requestSchema = z.looseObject({ messages: z.array(z.looseObject({ role: z.string(), content: z.string().nullish() })) });

export interface Asked {
  /** The message that holds the data. */
  data: string;
  /** What stands between the tags of this name. */
  text(name: string): string;
  /** How many requests came before it. */
  nth: number;
  body: string;
  messages: { role: string; content?: string | null | undefined }[];
}

/** The reply's text; or a status to fail with; or undefined, and the connection is cut. */
type Reply =
  | string
  | { status: number; body: unknown }
  | { text: string; finishReason: string }
  | { calls: { name: string; input: unknown }[] }
  | undefined;

export interface JudgeServer extends AsyncDisposable {
  /** For `--judge`. */
  spec(name?: string, query?: string): string;
  readonly requests: Asked[];
  close(): Promise<void>;
}

export async function judgeServer(reply: (asked: Asked) => Reply | Promise<Reply>, port = 0): Promise<JudgeServer & { port: number }> {
  const requests: Asked[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => void chunks.push(chunk));
    request.on("end", () => {
      const body = Buffer.concat(chunks).toString("utf8");
      const asked = askedIn(body, requests.length);
      requests.push(asked);
      void Promise.resolve(reply(asked)).then((said) => (said === undefined ? request.socket.destroy() : send(response, said)));
    });
  });
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  const close = async () => {
    if (!server.listening) return;
    server.closeAllConnections();
    server.close();
    await once(server, "close");
  };
  return {
    port: address.port,
    requests,
    close,
    spec: (name = "judge", query = "") => `openai-compatible/${name}?baseURL=http://127.0.0.1:${address.port}/v1${query}`,
    [Symbol.asyncDispose]: close,
  };
}

function askedIn(body: string, nth: number): Asked {
  const { messages } = requestSchema.parse(JSON.parse(body));
  const data = messages[1]?.content ?? "";
  return {
    data,
    nth,
    body,
    messages,
    text: (name) => new RegExp(`<${name}-(\\w+)>\\n([\\s\\S]*?)\\n</${name}-\\1>`).exec(data)?.[2] ?? "",
  };
}

function send(response: ServerResponse, said: Exclude<Reply, undefined>): void {
  const status = typeof said === "object" && "status" in said ? said.status : 200;
  response.writeHead(status, { "content-type": "application/json" });
  if (typeof said === "object" && "body" in said) return void response.end(JSON.stringify(said.body));
  const { message, finishReason } = messageOf(said);
  response.end(
    JSON.stringify({
      id: "c",
      object: "chat.completion",
      created: 1,
      model: "judge",
      choices: [{ index: 0, finish_reason: finishReason, message }],
      usage: { prompt_tokens: 100, completion_tokens: 10, total_tokens: 110 },
    }),
  );
}

function messageOf(said: string | { text: string; finishReason: string } | { calls: { name: string; input: unknown }[] }) {
  if (typeof said === "string") return { message: { role: "assistant", content: said }, finishReason: "stop" };
  if ("text" in said) return { message: { role: "assistant", content: said.text }, finishReason: said.finishReason };
  const calls = said.calls.map(({ name, input }, index) => ({
    id: `call_${index}`,
    type: "function",
    function: { name, arguments: JSON.stringify(input) },
  }));
  return { message: { role: "assistant", content: null, tool_calls: calls }, finishReason: "tool_calls" };
}

/** A verdict as a judge that obeys the schema writes it. */
export const verdict = (value: string, explanation = "because"): string => JSON.stringify({ explanation, verdict: value });

/** A local server that answers with a script and keeps what it was sent. */
import { once } from "node:events";
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { Message } from "../../src/core/message.ts";
import type { ModelReply, ProviderDefinition, ProviderOptions, TrialIdentity } from "../../src/core/model.ts";
import type { OfferedTool, ToolRole } from "../../src/core/tool.ts";
import { type ClientSettings, openModel, parseModelSpec, type ToolSpec, type TrialModel } from "../../src/models/client.ts";

export interface Answer {
  status?: number;
  headers?: Record<string, string>;
  /** A text is sent as it is, anything else as JSON. */
  body: unknown;
  /** Closes the connection in place of an answer. */
  isCut?: boolean;
  delayMs?: number;
}

interface Received {
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
  json: Record<string, unknown>;
}

/** Answers request n with `script[n]`; the last one repeats. */
export async function standIn(script: readonly Answer[]) {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const body = Buffer.concat(chunks).toString("utf8");
      received.push({ path: request.url ?? "", headers: request.headers, body, json: JSON.parse(body) });
      const answer = script[Math.min(received.length, script.length) - 1];
      if (!answer || answer.isCut) return void request.socket.destroy();
      const send = () => {
        response.writeHead(answer.status ?? 200, { "content-type": "application/json", ...answer.headers });
        response.end(typeof answer.body === "string" ? answer.body : JSON.stringify(answer.body));
      };
      if (answer.delayMs === undefined) send();
      else setTimeout(send, answer.delayMs);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return {
    url: `http://127.0.0.1:${address.port}/v1`,
    received,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

export function toolNamed(name: string, plays?: ToolRole): OfferedTool {
  return { name, description: `It is ${name}.`, ...(plays && { plays }) };
}

export function trial(changes: Partial<TrialIdentity> = {}): TrialIdentity {
  const tools = [toolNamed("bash", "command"), toolNamed("submit", "answer")];
  return { task: "sums", instanceId: "1", epoch: 1, attempt: 1, position: 0, toolStyle: "native", tools, ...changes };
}

const bashTool: ToolSpec = {
  name: "bash",
  description: "Runs a command.",
  inputSchema: { type: "object", properties: { command: { type: "string" } }, required: ["command"] },
};

export const user = (content: string): Message => ({ role: "user", content });

/** The message that the engine makes of a reply. */
export const said = (reply: ModelReply): Message => ({
  role: "assistant",
  content: reply.text,
  ...(reply.reasoning !== "" && { reasoning: reply.reasoning }),
  ...(reply.toolCalls.length > 0 && { toolCalls: reply.toolCalls }),
});

export const result = (toolCallId: string, content: string, isError = false): Message => ({
  role: "tool",
  toolCallId,
  toolName: "bash",
  content,
  isError,
});

export async function open(provider: ProviderDefinition, spec: string, options: ProviderOptions = {}, settings: ClientSettings = {}) {
  const client = await openModel(provider, parseModelSpec(spec), options, settings);
  const waits: string[] = [];
  const ask = (model: TrialModel, messages: readonly Message[], signal = new AbortController().signal) =>
    model.call({ messages, tools: [bashTool], sampling: { temperature: 0, maxTokens: 50 }, signal, onWait: (what) => waits.push(what) });
  return { client, waits, ask, [Symbol.asyncDispose]: () => client[Symbol.asyncDispose]() };
}

/** A chat completion as OpenAI and vLLM write it. */
export function completion(content: string | null, toolCalls: readonly { id: string; name: string; arguments: string }[] = []) {
  return {
    id: "chatcmpl-1",
    object: "chat.completion",
    created: 1_760_000_000,
    model: "m",
    choices: [
      {
        index: 0,
        finish_reason: toolCalls.length > 0 ? "tool_calls" : "stop",
        message: {
          role: "assistant",
          content,
          ...(toolCalls.length > 0 && {
            tool_calls: toolCalls.map((call) => ({
              id: call.id,
              type: "function",
              function: { name: call.name, arguments: call.arguments },
            })),
          }),
        },
      },
    ],
    usage: { prompt_tokens: 12, completion_tokens: 5, total_tokens: 17, prompt_tokens_details: { cached_tokens: 4 } },
  };
}

/** Asks, runs two parallel calls, asks again. */
export async function twoTurns(provider: Parameters<typeof open>[0], spec: string, script: Parameters<typeof standIn>[0]) {
  await using server = await standIn(script);
  await using model = await open(provider, spec, { baseURL: server.url });
  const trialModel = await model.client.forTrial(trial());
  const messages: Message[] = [{ role: "system", content: "Be brief." }, user("List the files.")];
  const first = await model.ask(trialModel, messages);
  const [one, two] = first.toolCalls;
  messages.push(said(first), result(one?.id ?? "", "a.txt"), result(two?.id ?? "", "no such folder", true));
  const second = await model.ask(trialModel, messages);
  return { first, second, received: server.received };
}

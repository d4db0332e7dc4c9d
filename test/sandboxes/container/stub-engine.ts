/** An engine that gives the answers of a test and nothing else. */
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type IncomingMessage } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Duplex, Readable } from "node:stream";
import { json } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import Docker from "dockerode";
import { NO_DIFFERENCES } from "../../../sandboxes/container/engine/differences.ts";
import { OUTAGE } from "../../../sandboxes/container/engine/engine-call.ts";
import type { Engine } from "../../../sandboxes/container/engine/engine.ts";

export interface StubRequest {
  method: string;
  path: string;
  /** Of JSON, where there was one. */
  body: unknown;
}

/** `status` is 200 where it is not given; a Buffer or a stream goes as it is. Who attaches to a container is attached, and the test is given the stream. */
export type StubAnswer = { status?: number; body?: unknown; attached?: (stream: Duplex) => void };

export interface StubEngine extends AsyncDisposable {
  docker: Docker;
  /** Of its socket. */
  url: string;
  /** As connecting to it gives it. */
  engine: Engine;
  /** All that it was asked, in order. */
  requests: StubRequest[];
}

type Answer = StubAnswer | undefined;

/** A request that is answered with undefined is never answered. */
export async function stubEngine(answer: (request: StubRequest) => Answer | Promise<Answer>): Promise<StubEngine> {
  const requests: StubRequest[] = [];
  const answerTo = async (incoming: IncomingMessage): Promise<Answer> => {
    const isJson = incoming.headers["content-type"]?.startsWith("application/json") && incoming.headers["content-length"] !== "0";
    const request = { method: incoming.method ?? "", path: incoming.url ?? "", body: isJson ? await json(incoming) : undefined };
    requests.push(request);
    return answer(request);
  };
  const server = createServer(async (incoming, response) => {
    const given = await answerTo(incoming);
    if (given === undefined) return;
    const { status = 200, body } = given;
    const isBinary = Buffer.isBuffer(body) || body instanceof Readable;
    response.writeHead(status, { "content-type": isBinary ? "application/octet-stream" : "application/json" });
    // Whoever asked may hang up before its end.
    if (body instanceof Readable) await pipeline(body, response).catch(() => {});
    else response.end(Buffer.isBuffer(body) ? body : JSON.stringify(body));
  });
  server.on("upgrade", async (incoming, socket) => {
    const given = await answerTo(incoming);
    if (given === undefined) return;
    socket.write("HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n");
    given.attached?.(socket);
  });
  const folder = await mkdtemp(join(tmpdir(), "assay-stub-"));
  const socketPath = join(folder, "engine.sock");
  await new Promise<void>((resolve) => void server.listen(socketPath, resolve));
  const docker = new Docker({ socketPath, host: "" });
  return {
    docker,
    url: `unix://${socketPath}`,
    engine: {
      docker,
      title: "Stub",
      address: "unix://stub",
      host: undefined,
      differences: NO_DIFFERENCES,
      outage: OUTAGE,
      pruneCommand: "assay sandbox prune",
      close: async () => {},
    },
    requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await rm(folder, { recursive: true });
    },
  };
}

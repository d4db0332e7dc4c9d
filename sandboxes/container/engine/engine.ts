/** The connection to a Docker Engine: where it is, whether it answers, and what its errors mean. */
import { Duplex } from "node:stream";
import type Docker from "dockerode";
import { AssayError } from "../../../src/index.ts";
import { NO_DIFFERENCES, type EngineDifferences } from "./differences.ts";
import { withoutCredentials, withoutPassword } from "./connection/address.ts";
import { tlsProblem } from "./connection/certificates.ts";
import { openConnection, type Connection } from "./connection/connection.ts";
import { OUTAGE, withDeadlines, type Outage } from "./engine-call.ts";

/** Where an engine listens, and what to say when it does not. */
export interface EngineAddress {
  /** Its name in messages: "Docker". */
  title: string;
  /** A URL: unix://, tcp://, http://, https:// or ssh://. */
  address(): string;
  /** What to do where it does not answer. */
  hint: string;
  /** Whether a person named it: only then is it recorded where a sandbox ran. */
  isNamed?: boolean;
  /** What removes the sandboxes that are left there; default `assay sandbox prune`. */
  pruneCommand?: string;
}

export interface Engine {
  docker: Docker;
  title: string;
  /** The address in messages. */
  address: string;
  /** The address in records, without credentials; undefined where nobody named it. */
  host: string | undefined;
  differences: EngineDifferences;
  /** How long it is waited for where it does not answer. */
  outage: Outage;
  /** What removes the sandboxes that are left there. */
  pruneCommand: string;
  close(): PromiseLike<void>;
}

/** `availability()` promises an answer within 5 s. */
export const PING_TIMEOUT_MS = 4_000;

/** Opens a client to an engine that answers, or throws `sandbox/unavailable`. */
export async function connectEngine(engine: EngineAddress): Promise<Engine> {
  const address = engine.address();
  let connection: Connection | undefined;
  try {
    connection = await openConnection(address);
    await (await clientOver(connection, PING_TIMEOUT_MS)).ping();
    return {
      docker: await clientOver(connection),
      title: engine.title,
      address,
      host: engine.isNamed ? withoutCredentials(address) : undefined,
      differences: NO_DIFFERENCES,
      outage: OUTAGE,
      pruneCommand: engine.pruneCommand ?? "assay sandbox prune",
      close: connection[Symbol.asyncDispose],
    };
  } catch (error) {
    const reason = unreachable(engine, error, connection?.lastWords());
    await connection?.[Symbol.asyncDispose]();
    throw new AssayError("sandbox/unavailable", reason, { hint: engine.hint, cause: error });
  }
}

export interface EngineClient extends AsyncDisposable {
  docker: Docker;
  lastWords(): string | undefined;
}

/** A client for a few questions, which gives each up after a time; nothing was asked yet. */
export async function openClient(engine: EngineAddress, timeoutMs: number): Promise<EngineClient> {
  const connection = await openConnection(engine.address());
  const { lastWords, [Symbol.asyncDispose]: close } = connection;
  return { docker: await clientOver(connection, timeoutMs), lastWords, [Symbol.asyncDispose]: close };
}

/** dockerode takes about 100 ms to load, so it is loaded here and not with the module. The API version is left to the engine. */
async function clientOver({ options }: Connection, timeoutMs?: number): Promise<Docker> {
  const { default: Client } = await import("dockerode");
  return withDeadlines(new Client({ ...options, ...(timeoutMs !== undefined && { timeout: timeoutMs }) }), timeoutMs);
}

/** Why an engine cannot be used, as a sentence. `said` is what the way to it said of that. */
export function unreachable({ title, address }: EngineAddress, error: unknown, said?: string): string {
  const url = withoutPassword(address());
  const code = errorCode(error);
  if (code === "EACCES") return `This user may not use ${title} at ${url}.`;
  const status = engineStatus(error);
  if (status === 400 && /HTTPS/.test(oneLine(error))) return `${title} at ${url} speaks TLS.`;
  if (status !== undefined) return `What answers at ${url} is no ${title} engine (HTTP ${status}).`;
  return `${title} does not answer at ${url} (${said ?? tlsProblem(code) ?? code ?? oneLine(error)}).`;
}

/**
 * Attaches to a container that may not have started yet; all it says from its first byte on comes multiplexed.
 * Not dockerode's own `attach`: that sends its options as a body, which Podman gives to the container's stdin.
 */
export async function attachToContainer(docker: Docker, id: string, options: { stdin: boolean }): Promise<Duplex> {
  const stream = await new Promise<unknown>((resolve, reject) => {
    docker.modem.dial(
      {
        path: `/containers/${id}/attach?`,
        method: "POST",
        options: { stream: true, stdout: true, stderr: true, stdin: options.stdin },
        file: Buffer.alloc(0),
        isStream: true,
        hijack: true,
        statusCodes: { 200: true, 404: "no such container", 500: "server error" },
      },
      (error: unknown, attached: unknown) => (error ? reject(error) : resolve(attached)),
    );
  });
  if (stream instanceof Duplex) return stream;
  throw new AssayError("sandbox/failed", "The engine gave no stream to its container.");
}

/** The HTTP status of an Engine's error answer; undefined when the error is of another kind. */
export function engineStatus(error: unknown): number | undefined {
  return property(error, "statusCode", "number");
}

/** What an Engine or a program said, on one line of at most 300 characters, without what a terminal would act upon. */
export function oneLine(error: unknown): string {
  const answer = typeof error === "object" && error !== null && "json" in error ? error.json : undefined;
  const text = property(answer, "message", "string") ?? (error instanceof Error ? error.message : String(error));
  return text
    .replaceAll(/[\s\p{Cc}]+/gu, " ")
    .trim()
    .slice(0, 300);
}

function errorCode(error: unknown): string | undefined {
  return property(error, "code", "string");
}

function property(value: unknown, key: string, type: "number"): number | undefined;
function property(value: unknown, key: string, type: "string"): string | undefined;
function property(value: unknown, key: string, type: "number" | "string"): number | string | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const found: unknown = Reflect.get(value, key);
  if (type === "number") return typeof found === "number" ? found : undefined;
  return typeof found === "string" ? found : undefined;
}

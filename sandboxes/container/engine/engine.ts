/** The connection to a Docker Engine: where it is, whether it answers, and what its errors mean. */
import { Duplex } from "node:stream";
import type Docker from "dockerode";
import { AssayError } from "../../../src/index.ts";
import { NO_DIFFERENCES, type EngineDifferences } from "./differences.ts";
import { withDeadlines } from "./engine-call.ts";

/** Where an engine listens, and what to say when it does not. */
export interface EngineAddress {
  /** Its name in messages: "Docker". */
  title: string;
  /** A URL: unix://, tcp://, http:// or ssh://. */
  address(): string;
  /** What to do where it does not answer. */
  hint: string;
}

export interface Engine {
  docker: Docker;
  title: string;
  /** The address in messages. */
  address: string;
  differences: EngineDifferences;
}

/** `availability()` promises an answer within 5 s. */
export const PING_TIMEOUT_MS = 4_000;

/** Opens a client to an engine that answers, or throws `sandbox/unavailable`. */
export async function connectEngine(engine: EngineAddress): Promise<Engine> {
  try {
    await (await openClient(engine, { timeout: PING_TIMEOUT_MS })).ping();
    return { docker: await openClient(engine, {}), title: engine.title, address: engine.address(), differences: NO_DIFFERENCES };
  } catch (error) {
    throw new AssayError("sandbox/unavailable", unreachable(engine, error), { hint: engine.hint, cause: error });
  }
}

/** dockerode takes about 100 ms to load, so it is loaded here and not with the module. The API version is left to the engine. */
export async function openClient({ address }: EngineAddress, options: Docker.DockerOptions): Promise<Docker> {
  const { default: Client } = await import("dockerode");
  const url = address();
  return withDeadlines(new Client({ ...options, ...connectionTo(url) }));
}

const PROTOCOLS = new Map<string, "http" | "https" | "ssh">([
  ["tcp:", "http"],
  ["http:", "http"],
  ["https:", "https"],
  ["ssh:", "ssh"],
]);

/** dockerode reads DOCKER_HOST by itself, certificates included; another engine's address must not be mixed with it. */
function connectionTo(url: string): Docker.DockerOptions {
  if (url.startsWith("unix://")) return { host: "", socketPath: url.slice("unix://".length) };
  if (url === process.env["DOCKER_HOST"]) return {};
  const address = URL.parse(url);
  const protocol = PROTOCOLS.get(address?.protocol ?? "");
  if (!address || !protocol) throw new Error("no address of an engine; it begins with unix://, tcp://, http://, https:// or ssh://");
  const { hostname, port, username } = address;
  return { protocol, host: hostname, ...(port !== "" && { port }), ...(username !== "" && { username }) };
}

/** Why an engine cannot be used, as a sentence. */
export function unreachable({ title, address }: EngineAddress, error: unknown): string {
  if (errorCode(error) === "EACCES") return `This user may not use ${title} at ${address()}.`;
  const status = engineStatus(error);
  if (status !== undefined) return `What answers at ${address()} is no ${title} engine (HTTP ${status}).`;
  return `${title} does not answer at ${address()} (${errorCode(error) ?? oneLine(error)}).`;
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

/** What an Engine said, on one line of at most 300 characters. */
export function oneLine(error: unknown): string {
  const answer = typeof error === "object" && error !== null && "json" in error ? error.json : undefined;
  const text = property(answer, "message", "string") ?? (error instanceof Error ? error.message : String(error));
  return text.replaceAll(/\s+/g, " ").trim().slice(0, 300);
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

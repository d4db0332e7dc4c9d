/** The connection to a Docker Engine: where it is, whether it answers, and what its errors mean. */
import type Docker from "dockerode";
import { AssayError, type Availability } from "../../src/index.ts";

export interface Engine {
  docker: Docker;
  /** The address in messages: `DOCKER_HOST`, or the default socket. */
  address: string;
}

const DEFAULT_ADDRESS = "unix:///var/run/docker.sock";
const HINT = "Start Docker, or run with --sandbox embedded.";
/** `availability()` promises an answer within 5 s. */
const PING_TIMEOUT_MS = 4_000;

/** Whether an Engine answers, and if not why and what to do. Never throws; takes at most 4 s. */
export async function engineAvailability(): Promise<Availability> {
  try {
    const client = await openClient({ timeout: PING_TIMEOUT_MS });
    const version = await client.version();
    return { isAvailable: true, detail: `Docker Engine ${version.Version} at ${address()}` };
  } catch (error) {
    return { isAvailable: false, reason: unreachable(error), hint: HINT };
  }
}

/** Opens a client to an Engine that answers, or throws `sandbox/unavailable`. */
export async function connectEngine(): Promise<Engine> {
  try {
    await (await openClient({ timeout: PING_TIMEOUT_MS })).ping();
    return { docker: await openClient({}), address: address() };
  } catch (error) {
    throw new AssayError("sandbox/unavailable", unreachable(error), { hint: HINT, cause: error });
  }
}

/** dockerode takes about 100 ms to load, so it is loaded here and not with the module. The API version is left to the Engine. */
async function openClient(options: Docker.DockerOptions): Promise<Docker> {
  const { default: Client } = await import("dockerode");
  return new Client(options);
}

function address(): string {
  return process.env["DOCKER_HOST"] ?? DEFAULT_ADDRESS;
}

function unreachable(error: unknown): string {
  if (errorCode(error) === "EACCES") return `This user may not use the Docker Engine at ${address()}.`;
  return `Docker does not answer at ${address()} (${errorCode(error) ?? oneLine(error)}).`;
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

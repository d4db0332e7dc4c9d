/** One host of a pool: opened when it first answers, looked at now and then, and known to be there or not. */
import { z } from "zod";
import { AssayError, type Sandbox, type SandboxBackend } from "../../../src/index.ts";
import { connectEngine, oneLine, type Engine, type EngineAddress } from "../engine/engine.ts";
import { stopAfter } from "../stop.ts";
import type { Resources, Room } from "./placement.ts";

export interface Host extends Room {
  readonly engine: EngineAddress;
  /** Undefined until it has answered once. */
  opened: { backend: SandboxBackend; ping: (signal: AbortSignal) => Promise<unknown> } | undefined;
  isUp: boolean;
  /** It answers again, and is being made ready. */
  isReturning: boolean;
  /** Aborted when it is taken out: what was on it then is lost. It gets another one when it is back. */
  presence: AbortController;
  /** How many sandboxes live on it. */
  living: number;
  /** Sandboxes that could not be removed while it was away. */
  left: Set<Sandbox>;
  /** Of the images that it was found to have. */
  digests: Set<string>;
  /** Keys of the images that it cannot have. */
  lacking: Set<string>;
  /** A look that is going on. */
  look: Promise<boolean> | undefined;
}

export interface HostCare {
  openBackend: (engine: Engine) => SandboxBackend;
  onProgress: (line: string) => void;
  /** Done before it gets sandboxes again. */
  onBack: (host: Host) => Promise<void>;
  /** Aborted when the pool ends: looks that are going on are broken off then. */
  end: AbortSignal;
}

/** A host that answers neither within this time nor refuses is taken out too. */
const ANSWER_MS = 15_000;
/** With others to go to nobody waits for long. */
const POOL_OUTAGE = { startMs: 0, removalMs: 2_000 };
const MIB = 1024 * 1024;

export function newHost(engine: EngineAddress): Host {
  const nothing = { cpus: 0, memoryMiB: 0 };
  return {
    engine,
    opened: undefined,
    isUp: false,
    isReturning: false,
    presence: new AbortController(),
    total: nothing,
    promised: nothing,
    living: 0,
    left: new Set(),
    digests: new Set(),
    lacking: new Set(),
    look: undefined,
  };
}

/** Connects for the first time; it is not taken in yet. Throws `sandbox/unavailable`. */
export async function openHost(host: Host, openBackend: HostCare["openBackend"]): Promise<void> {
  const engine: Engine = { ...(await connectEngine(host.engine)), outage: POOL_OUTAGE };
  try {
    const capacity = capacityOf(await engine.docker.info());
    if (!capacity) throw noEngine(host.engine);
    host.total = capacity;
  } catch (error) {
    await engine.close();
    throw error;
  }
  // dockerode's types do not tell that it takes options.
  const docker: { ping(options: { abortSignal: AbortSignal }): Promise<unknown> } = engine.docker;
  host.opened = { backend: openBackend(engine), ping: (abortSignal) => docker.ping({ abortSignal }) };
}

/** From now on it gets sandboxes. */
export function takeIn(host: Host): void {
  host.presence = new AbortController();
  host.isUp = true;
}

function noEngine({ title, address }: EngineAddress): AssayError {
  return new AssayError("sandbox/unavailable", `What answers at ${address()} is no ${title} Engine.`, { hint: "Correct --docker-host." });
}

const infoSchema = z.object({ NCPU: z.number().positive(), MemTotal: z.number().positive() });

/** Undefined where it is no engine's answer. */
function capacityOf(info: unknown): Resources | undefined {
  const parsed = infoSchema.safeParse(info).data;
  if (!parsed) return undefined;
  const { NCPU, MemTotal } = parsed;
  return { cpus: NCPU, memoryMiB: MemTotal / MIB };
}

/** Whether the host answers now; takes it out or back in by that. Looks that are asked for at the same time are one. */
export function lookAt(host: Host, care: HostCare): Promise<boolean> {
  host.look ??= look(host, care).finally(() => (host.look = undefined));
  return host.look;
}

async function look(host: Host, care: HostCare): Promise<boolean> {
  const wasEnding = care.end.aborted;
  const failure = await failureToAnswer(host, care);
  // Broken off, it tells nothing.
  if (failure !== undefined && care.end.aborted && !wasEnding) return host.isUp;
  const where = `${host.engine.title} at ${host.engine.address()}`;
  if (failure !== undefined && host.isUp) {
    host.isUp = false;
    const lost = host.living === 0 ? "" : `, nor do its ${host.living} sandboxes`;
    care.onProgress(`${where} does not answer any more (${failure})${lost}: trials go to the other hosts.`);
    host.presence.abort();
  } else if (failure === undefined && !host.isUp) {
    care.onProgress(`${where} answers again.`);
    host.isReturning = true;
    await care.onBack(host).finally(() => (host.isReturning = false));
    takeIn(host);
  }
  return host.isUp;
}

async function failureToAnswer(host: Host, { openBackend, end }: HostCare): Promise<string | undefined> {
  using silence = stopAfter(ANSWER_MS, end.aborted ? [] : [end]);
  try {
    if (!host.opened) await openHost(host, openBackend);
    else await host.opened.ping(silence.signal);
    return undefined;
  } catch (error) {
    return silence.signal.aborted ? `no answer within ${ANSWER_MS / 1000} s` : oneLine(error);
  }
}

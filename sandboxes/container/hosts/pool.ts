/** A sandbox backend over several hosts: each sandbox goes where most room is, and a host that dies costs attempts, not trials. */
import { AssayError, toAssayError, type Sandbox, type SandboxBackend, type SandboxSpec, type StartOptions } from "../../../src/index.ts";
import { isUnreachable, OUTAGE } from "../engine/engine-call.ts";
import type { Engine, EngineAddress } from "../engine/engine.ts";
import { pause } from "../stop.ts";
import { lookAt, newHost, openHost, takeIn, type Host, type HostCare } from "./host.ts";
import { onHost, whilePresent } from "./on-host.ts";
import { roomiest } from "./placement.ts";

export interface HostPoolOptions {
  openBackend: (engine: Engine) => SandboxBackend;
  onProgress?: ((line: string) => void) | undefined;
}

interface Pool {
  hosts: readonly Host[];
  care: HostCare;
  /** What was prepared, by the key of its image. */
  specs: Map<string, SandboxSpec>;
  isWaiting: boolean;
}

/** How often each host is looked at. */
const LOOK_MS = 5_000;
/** How often a start looks whether a host is back where none is left. */
const WAIT_LOOK_MS = 250;
/** Hosts that fail one after another while one sandbox is started. */
const MOST_STARTS = 5;
/** A host that is away is given this long to let go of what it has. */
const FAREWELL_MS = 5_000;

/** Throws `sandbox/unavailable` where no host answers; those that do not are told, and looked at again later. */
export async function hostPool(
  engines: readonly EngineAddress[],
  { openBackend, onProgress = () => {} }: HostPoolOptions,
): Promise<SandboxBackend> {
  const specs = new Map<string, SandboxSpec>();
  const onBack = async (host: Host): Promise<void> => {
    for (const sandbox of host.left) void removeLeft(host, sandbox);
    host.lacking.clear();
    for (const [key, spec] of specs) if ("error" in (await prepareOn(host, spec, {}))) host.lacking.add(key);
  };
  const pool: Pool = { hosts: engines.map(newHost), care: { openBackend, onProgress, onBack }, specs, isWaiting: false };
  await openAll(pool);
  const stop = new AbortController();
  const watching = pool.hosts.map(async (host) => {
    while (!stop.signal.aborted) {
      await pause(LOOK_MS, [stop.signal]);
      if (!stop.signal.aborted) await lookAt(host, pool.care);
    }
  });
  return {
    prepare: (spec, options = {}) => prepareEverywhere(pool, spec, options),
    start: (spec, options) => start(pool, spec, options),
    async prune() {
      const results = await Promise.all(pool.hosts.flatMap(({ isUp, opened }) => (isUp && opened ? [opened.backend.prune()] : [])));
      return { removed: results.flatMap(({ removed }) => removed), kept: results.flatMap(({ kept }) => kept) };
    },
    async [Symbol.asyncDispose]() {
      stop.abort();
      await Promise.all(watching);
      await closeAll(pool);
    },
  };
}

async function openAll({ hosts, care }: Pool): Promise<void> {
  const results = await Promise.allSettled(hosts.map((host) => openHost(host, care.openBackend)));
  const reasons = results.flatMap((result) => (result.status === "rejected" ? [toAssayError(result.reason).message] : []));
  if (reasons.length === hosts.length) throw noneAnswers(reasons, hosts[0]?.engine.hint);
  for (const host of hosts) if (host.opened) takeIn(host);
  for (const reason of reasons) care.onProgress(`Warning: ${reason} Trials go to the other hosts.`);
}

/** Where several were named and none is there. */
export function noneAnswers(reasons: readonly string[], hint = ""): AssayError {
  return new AssayError("sandbox/unavailable", `None of the ${reasons.length} hosts can be used. ${reasons.join(" ")}`, { hint });
}

async function start(pool: Pool, spec: SandboxSpec, options: StartOptions): Promise<Sandbox> {
  for (let attempt = 1; ; attempt += 1) {
    const host = await chooseHost(pool, spec, options);
    const { presence } = host;
    try {
      return await startOn(host, spec, options);
    } catch (error) {
      options.signal?.throwIfAborted();
      const wasThere = (await lookAt(host, pool.care)) && host.presence === presence;
      if ((wasThere && !isUnreachable(error)) || attempt === MOST_STARTS) throw error;
    }
  }
}

async function startOn(host: Host, spec: SandboxSpec, options: StartOptions): Promise<Sandbox> {
  const { opened, presence } = host;
  if (!opened) throw new AssayError("internal/bug", "A host was chosen before it had answered.");
  const release = promise(host, spec);
  const stop = new AbortController();
  const forward = (): void => stop.abort(options.signal?.reason);
  options.signal?.addEventListener("abort", forward, { once: true });
  const starting = opened.backend.start(spec, { ...options, signal: stop.signal });
  try {
    return onHost(await whilePresent(host, presence.signal, () => starting), host, release);
  } catch (error) {
    release();
    stop.abort(error);
    // One that comes about all the same is nobody's.
    void starting.then(
      (sandbox) => removeLeft(host, sandbox),
      () => {},
    );
    throw error;
  } finally {
    options.signal?.removeEventListener("abort", forward);
  }
}

async function removeLeft(host: Host, sandbox: Sandbox): Promise<void> {
  host.left.add(sandbox);
  try {
    await sandbox[Symbol.asyncDispose]();
    host.left.delete(sandbox);
  } catch {
    // Tried again when the host is back, and at the end.
  }
}

/** Counts what a sandbox asks for as taken; returns what gives it back, once. */
function promise(host: Host, { cpus, memoryMiB }: SandboxSpec): () => void {
  const add = (sign: 1 | -1): void => {
    host.promised = { cpus: host.promised.cpus + sign * cpus, memoryMiB: host.promised.memoryMiB + sign * memoryMiB };
    host.living += sign;
  };
  add(1);
  let isHeld = true;
  return () => {
    if (isHeld) add(-1);
    isHeld = false;
  };
}

/** Waits where no host is there, as long as for a single one that does not answer. */
async function chooseHost(pool: Pool, spec: SandboxSpec, { signal, onProgress }: StartOptions): Promise<Host> {
  const key = imageKey(spec);
  for (const startedAt = performance.now(); ; await pause(WAIT_LOOK_MS, signal ? [signal] : [])) {
    signal?.throwIfAborted();
    const present = pool.hosts.filter(({ isUp }) => isUp);
    const host = roomiest(
      present.filter(({ lacking }) => !lacking.has(key)),
      spec,
    );
    if (host) pool.isWaiting = false;
    if (host) return host;
    if (present.length > 0) throw new AssayError("sandbox/image", "No host that answers has the image, or can have it.");
    if (performance.now() - startedAt > OUTAGE.startMs)
      throw new AssayError("sandbox/failed", `None of the ${pool.hosts.length} hosts answered for ${OUTAGE.startMs / 1000} s.`);
    if (!pool.isWaiting) onProgress?.("No host answers: waiting for one …");
    pool.isWaiting = true;
    await Promise.all(pool.hosts.map((each) => lookAt(each, pool.care)));
  }
}

/** Of all that a host may not have. */
function imageKey({ image, dockerfile, gpus }: SandboxSpec): string {
  return JSON.stringify([dockerfile, image, gpus !== undefined]);
}

type PrepareOptions = NonNullable<Parameters<SandboxBackend["prepare"]>[1]>;
type Prepared = { host: Host; record: Record<string, string> } | { host: Host; error: unknown };

async function prepareEverywhere(pool: Pool, spec: SandboxSpec, options: PrepareOptions): Promise<Record<string, string>> {
  pool.specs.set(imageKey(spec), spec);
  const results = await Promise.all(pool.hosts.filter(({ isUp }) => isUp).map((host) => prepareOn(host, spec, options)));
  options.signal?.throwIfAborted();
  const prepared = results.filter((result) => "record" in result);
  const failed = results.filter((result) => "error" in result);
  const [first] = prepared;
  if (!first) throw failed[0]?.error ?? noneAnswers(pool.hosts.map(({ engine }) => engine.address()));
  for (const { host, error } of failed) {
    if (!(await lookAt(host, pool.care))) continue;
    host.lacking.add(imageKey(spec));
    pool.care.onProgress(`Warning: ${host.engine.address()}: ${toAssayError(error).message} Its trials go to the other hosts.`);
  }
  const digests = new Set(prepared.map(({ record }) => record["digest"]));
  const address = ({ host }: Prepared): string => host.engine.address();
  return {
    ...first.record,
    hosts: prepared.map(address).join(", "),
    ...(digests.size > 1 && { digests: prepared.map((each) => `${address(each)} ${each.record["digest"]}`).join(", ") }),
  };
}

async function prepareOn(host: Host, spec: SandboxSpec, { signal, onProgress }: PrepareOptions): Promise<Prepared> {
  try {
    const record = await host.opened?.backend.prepare(spec, {
      ...(signal && { signal }),
      ...(onProgress && { onProgress: (line: string) => onProgress(`${host.engine.address()}: ${line}`) }),
    });
    return { host, record: record ?? {} };
  } catch (error) {
    return { host, error };
  }
}

/** Throws where sandboxes are left, with what removes them. */
async function closeAll({ hosts, care }: Pool): Promise<void> {
  const failures = await Promise.all(hosts.map((host) => failureToClose(host, care)));
  const failed = hosts.flatMap((host, index) => failures[index] ?? []);
  if (failed.length === 0) return;
  const where = hosts.filter((_host, index) => failures[index] !== undefined).map(({ engine }) => `--docker-host ${engine.address()}`);
  throw new AssayError("sandbox/failed", failed.join(" "), { hint: `To remove what was left: assay sandbox prune ${where.join(" ")}` });
}

async function failureToClose(host: Host, care: HostCare): Promise<string | undefined> {
  if (!host.opened) return undefined;
  const isThere = host.isUp || (await lookAt(host, care));
  const closing = host.opened.backend[Symbol.asyncDispose]().then(
    () => undefined,
    (error: unknown) => toAssayError(error).message,
  );
  const late = pause(FAREWELL_MS, []).then(
    () => `${host.engine.title} does not answer at ${host.engine.address()}; sandboxes may be left there.`,
  );
  return isThere ? closing : Promise.race([closing, late]);
}

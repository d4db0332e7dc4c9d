/** A sandbox backend over several hosts: each sandbox goes where most room is, and a host that dies costs attempts, not trials. */
import { AssayError, toAssayError, type Sandbox, type SandboxBackend, type SandboxSpec, type StartOptions } from "../../../src/index.ts";
import { isUnreachable, OUTAGE } from "../engine/engine-call.ts";
import type { Engine, EngineAddress } from "../engine/engine.ts";
import { pause, unlessAborted } from "../stop.ts";
import { lookAt, newHost, openHost, takeIn, type Host, type HostCare } from "./host.ts";
import { hostsFor, hostsForSnapshot, noneAnswers, prepareAgain, prepareEverywhere, type PreparedHosts } from "./images.ts";
import { goneWith, onHost, whilePresent } from "./on-host.ts";
import { roomiest } from "./placement.ts";

export interface HostPoolOptions {
  openBackend: (engine: Engine) => SandboxBackend;
  onProgress?: ((line: string) => void) | undefined;
}

interface Pool extends PreparedHosts {
  /** Whether it was said that no host answers. */
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
  const specs: Pool["specs"] = new Map();
  const stop = new AbortController();
  const onBack = async (host: Host): Promise<void> => {
    for (const sandbox of host.left) void removeLeft(host, sandbox);
    await prepareAgain(host, specs, stop.signal);
  };
  const care: HostCare = { openBackend, onProgress, onBack, end: stop.signal };
  const pool: Pool = { hosts: engines.map(newHost), care, specs, isWaiting: false };
  await openAll(pool);
  const watching = pool.hosts.map(async (host) => {
    while (!stop.signal.aborted) {
      await pause(LOOK_MS, [stop.signal]);
      if (!stop.signal.aborted) await lookAt(host, care);
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

async function start(pool: Pool, spec: SandboxSpec, options: StartOptions): Promise<Sandbox> {
  for (let attempt = 1; ; attempt += 1) {
    const place = await choosePlace(pool, spec, options);
    const { host } = place;
    const { presence } = host;
    try {
      return await startAt(place, spec, options);
    } catch (error) {
      options.signal?.throwIfAborted();
      const isThere = host.isUp && host.presence === presence && (await unlessAborted(lookAt(host, pool.care), options.signal));
      if (isThere && host.presence === presence && !isUnreachable(error)) throw error;
      // Its archive can be read once.
      if (options.snapshot) throw goneWith(host, error);
      if (attempt === MOST_STARTS) throw error;
    }
  }
}

interface Place {
  host: Host;
  /** Gives back what is counted as taken there. */
  release: () => void;
}

async function startAt({ host, release }: Place, spec: SandboxSpec, options: StartOptions): Promise<Sandbox> {
  const { opened, presence } = host;
  if (!opened) throw new AssayError("internal/bug", "A host was chosen before it had answered.");
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
async function choosePlace(pool: Pool, spec: SandboxSpec, options: StartOptions): Promise<Place> {
  const { signal, onProgress, snapshot } = options;
  for (const startedAt = performance.now(); ; await pause(WAIT_LOOK_MS, signal ? [signal] : [])) {
    signal?.throwIfAborted();
    const isAnyThere = pool.hosts.some(({ isUp }) => isUp);
    const able = snapshot ? await hostsForSnapshot(pool, spec, { snapshot, signal }) : hostsFor(pool.hosts, spec);
    const host = roomiest(able, spec);
    if (host) pool.isWaiting = false;
    // At once: another start that chooses now is to see it.
    if (host) return { host, release: promise(host, spec) };
    if (isAnyThere) throw noneHasImage(pool, options);
    if (performance.now() - startedAt > OUTAGE.startMs && !pool.hosts.some(({ isReturning }) => isReturning))
      throw new AssayError("sandbox/failed", `None of the ${pool.hosts.length} hosts answered for ${OUTAGE.startMs / 1000} s.`);
    if (!pool.isWaiting) onProgress?.("No host answers: waiting for one …");
    pool.isWaiting = true;
    // The first that is ready is taken.
    for (const each of pool.hosts) void lookAt(each, pool.care);
  }
}

function noneHasImage({ hosts }: Pool, { snapshot }: StartOptions): AssayError {
  if (!snapshot) return new AssayError("sandbox/image", "No host that answers has the image, or can have it.");
  const away = hosts.filter(({ isUp }) => !isUp).map(({ engine }) => engine.address());
  const message = `The snapshot is a change of image ${snapshot.image}, which no host that answers has, or can pull.`;
  if (away.length > 0) return new AssayError("sandbox/failed", message, { hint: `Try again when these answer: ${away.join(", ")}.` });
  return new AssayError("sandbox/snapshot", message, { hint: "Name the host where it was made (--docker-host), or load the image again." });
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
  if (isThere) return closing;
  const isClosed = new AbortController();
  const late = pause(FAREWELL_MS, [isClosed.signal]).then(
    () => `${host.engine.title} does not answer at ${host.engine.address()}; sandboxes may be left there.`,
  );
  return Promise.race([closing, late]).finally(() => isClosed.abort());
}

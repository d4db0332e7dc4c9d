/** Which host has which images: they are prepared on all, and a host that cannot have one gets no sandbox of it. */
import { AssayError, toAssayError, type SandboxBackend, type SandboxSpec, type Snapshot } from "../../../src/index.ts";
import { allowListOf } from "../allow-list/listeners.ts";
import { unlessAborted } from "../stop.ts";
import { lookAt, type Host, type HostCare } from "./host.ts";

export interface PreparedHosts {
  hosts: readonly Host[];
  care: HostCare;
  /** What was prepared, by the key of its images. */
  specs: Map<string, SandboxSpec>;
}

type PrepareOptions = NonNullable<Parameters<SandboxBackend["prepare"]>[1]>;
type Prepared = { host: Host; record: Record<string, string> } | { host: Host; error: unknown };

/** Of all that a host may not have: GPUs and the image of an allow-list's forwarder too. */
function imageKey(spec: SandboxSpec): string {
  const { image, dockerfile, compose, gpus } = spec;
  return JSON.stringify([dockerfile, image, compose, gpus !== undefined, allowListOf(spec) !== undefined]);
}

export async function prepareEverywhere(pool: PreparedHosts, spec: SandboxSpec, options: PrepareOptions): Promise<Record<string, string>> {
  const { hosts, care, specs } = pool;
  specs.set(imageKey(spec), spec);
  const results = await Promise.all(hosts.filter(({ isUp }) => isUp).map((host) => prepareOn(host, spec, options)));
  options.signal?.throwIfAborted();
  const prepared = results.filter((result) => "record" in result);
  const failed = results.filter((result) => "error" in result);
  const [first] = prepared;
  if (!first) throw failed[0]?.error ?? noneAnswers(hosts.map(({ engine }) => engine.address()));
  for (const { host, error } of failed) {
    if (!(await isLacking(host, spec, care, options.signal))) continue;
    care.onProgress(`Warning: ${host.engine.address()}: ${toAssayError(error).message} Its trials go to the other hosts.`);
  }
  const digests = new Set(prepared.map(({ record }) => record["digest"]));
  const address = ({ host }: Prepared): string => host.engine.address();
  return {
    ...first.record,
    hosts: prepared.map(address).join(", "),
    ...(digests.size > 1 && { digests: prepared.map((each) => `${address(each)} ${each.record["digest"]}`).join(", ") }),
  };
}

/** Where several were named and none is there. */
export function noneAnswers(reasons: readonly string[], hint = ""): AssayError {
  return new AssayError("sandbox/unavailable", `None of the ${reasons.length} hosts can be used. ${reasons.join(" ")}`, { hint });
}

/** A host that is back has what was prepared meanwhile too. Never throws. */
export async function prepareAgain(host: Host, specs: PreparedHosts["specs"], signal: AbortSignal): Promise<void> {
  host.digests.clear();
  host.lacking.clear();
  for (const [key, spec] of specs) if ("error" in (await prepareOn(host, spec, { signal }))) host.lacking.add(key);
}

/** Those that answer and have the spec's images. */
export function hostsFor(hosts: readonly Host[], spec: SandboxSpec): Host[] {
  const key = imageKey(spec);
  return hosts.filter(({ isUp, lacking }) => isUp && !lacking.has(key));
}

/**
 * Those of them that have the snapshot's image too, by the digests that preparing told: hosts that built an image each have one of
 * their own. Where none is known to, all are asked whether they can have it, once.
 */
export async function hostsForSnapshot(
  { hosts, care }: PreparedHosts,
  spec: SandboxSpec,
  { snapshot: { image }, signal }: { snapshot: Snapshot; signal?: AbortSignal | undefined },
): Promise<Host[]> {
  const able = hostsFor(hosts, spec);
  const known = able.filter(({ digests }) => digests.has(image));
  if (known.length > 0) return known;
  const own = { ...spec, image, dockerfile: undefined, compose: undefined };
  const asked = hostsFor(able, own).map(async (host) => {
    if ("record" in (await prepareOn(host, own, signal ? { signal } : {}))) host.digests.add(image);
    else await isLacking(host, own, care, signal);
  });
  await Promise.all(asked);
  return able.filter(({ isUp, digests }) => isUp && digests.has(image));
}

/** Whether a host that failed to prepare still answers, and so has not what it was asked for; that is then kept. */
async function isLacking(host: Host, spec: SandboxSpec, care: HostCare, signal: AbortSignal | undefined): Promise<boolean> {
  signal?.throwIfAborted();
  if (!host.isUp || !(await unlessAborted(lookAt(host, care), signal))) return false;
  host.lacking.add(imageKey(spec));
  return true;
}

async function prepareOn(host: Host, spec: SandboxSpec, { signal, onProgress }: PrepareOptions): Promise<Prepared> {
  try {
    const record = await host.opened?.backend.prepare(spec, {
      ...(signal && { signal }),
      ...(onProgress && { onProgress: (line: string) => onProgress(`${host.engine.address()}: ${line}`) }),
    });
    const digest = record?.["digest"];
    if (digest !== undefined) host.digests.add(digest);
    return { host, record: record ?? {} };
  } catch (error) {
    return { host, error };
  }
}

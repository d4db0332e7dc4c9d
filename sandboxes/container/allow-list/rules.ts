/** What an allow-list says to a connection that is asked for. Nothing is connected here. */
import { canonicalHost, isAddress, parseAllowedHost, type AllowedHost, type SandboxConnection } from "../../../src/index.ts";
import { isPublicAddress } from "./addresses.ts";
import type { Resolve } from "./resolve.ts";

export interface Target {
  /** As it was asked for. */
  host: string;
  port: number;
}

export type Reason = NonNullable<SandboxConnection["reason"]>;

/** The addresses that may be connected to, or why none; `host` is the one spelling of what was asked for, null where it is no host. */
export type Verdict = { host: string; addresses: readonly string[] } | { host: string | null; reason: Reason };

export function allowedHosts(entries: readonly string[]): AllowedHost[] {
  return entries.map((entry) => parseAllowedHost(entry)).filter((host) => typeof host !== "string");
}

/** Resolves a name once: whoever connects does so to the addresses given, as the next answer may be another. */
export async function judge(hosts: readonly AllowedHost[], { host: asked, port }: Target, resolve: Resolve): Promise<Verdict> {
  const host = canonicalHost(asked);
  if (host === undefined) return { host: null, reason: "malformed" };
  const fitting = hosts.filter((allowed) => fits(allowed, host));
  if (fitting.length === 0) return { host, reason: "not-in-list" };
  if (!fitting.some(({ ports }) => ports.includes(port))) return { host, reason: "port" };
  if (isAddress(host)) return { host, addresses: [withoutBrackets(host)] };
  const found = await resolve(host).catch(() => []);
  if (found.length === 0) return { host, reason: "unresolved" };
  const addresses = found
    .map((address) => canonicalHost(address.includes(":") ? `[${address}]` : address))
    .filter((address) => address !== undefined && (isPublicAddress(withoutBrackets(address)) || hasEntry(hosts, address, port)))
    .map((address) => withoutBrackets(address ?? ""));
  return addresses.length === 0 ? { host, reason: "address" } : { host, addresses };
}

function fits({ kind, host: allowed }: AllowedHost, host: string): boolean {
  return kind === "wildcard" ? !isAddress(host) && host.endsWith(`.${allowed}`) : host === allowed;
}

/** An address that is not public is reached where the list names that very address. */
function hasEntry(hosts: readonly AllowedHost[], address: string, port: number): boolean {
  return hosts.some(({ kind, host, ports }) => kind === "address" && host === address && ports.includes(port));
}

const withoutBrackets = (host: string): string => host.replaceAll(/[[\]]/g, "");

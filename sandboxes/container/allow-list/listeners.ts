/** Where a forwarder listens in a sandbox, and what leads there: an HTTP proxy for all, an address of the loopback for each exact name, and the loopback addresses of the list. */
import type { SandboxSpec } from "../../../src/index.ts";
import { allowedHosts, type Target } from "./rules.ts";

export interface Listener {
  /** ip:port */
  address: string;
  /** What a connection to it leads to; undefined of the proxy. */
  target: Target | undefined;
}

/** Not 127.0.0.1, where a sandbox's own servers are. */
const loopback = (last: number): string => `127.1.0.${last}`;
const PROXY = `${loopback(1)}:3128`;

export function allowListOf({ network }: SandboxSpec): readonly string[] | undefined {
  return typeof network === "string" ? undefined : network.allow;
}

/** The proxy first, then each exact name, and each address that can be listened at, with each of its ports. */
export function listenersOf(allow: readonly string[]): Listener[] {
  const listeners = new Map<string, Listener>([[PROXY, { address: PROXY, target: undefined }]]);
  const names = namesOf(allow);
  for (const { kind, host, ports } of allowedHosts(allow)) {
    const ip = kind === "address" && host.startsWith("127.") ? host : names.get(host);
    for (const port of ip === undefined || kind === "wildcard" ? [] : ports) {
      const address = `${ip}:${port}`;
      if (!listeners.has(address)) listeners.set(address, { address, target: { host, port } });
    }
  }
  return [...listeners.values()];
}

/** Lines of the sandbox's file of hosts, `name:ip`. */
export function hostsOf(allow: readonly string[]): string[] {
  return [...namesOf(allow)].map(([name, address]) => `${name}:${address}`);
}

function namesOf(allow: readonly string[]): Map<string, string> {
  const names = new Set(allowedHosts(allow).flatMap(({ kind, host }) => (kind === "name" ? [host] : [])));
  return new Map([...names].map((name, index) => [name, loopback(index + 2)]));
}

/** For every command; programs differ in which they read. `neighbours` are lines of the sandbox's file of hosts, of its services: no proxy leads to them. */
export function proxyEnvironment(neighbours: readonly string[]): Record<string, string> {
  const proxy = `http://${PROXY}`;
  const direct = ["localhost", "127.0.0.1", "::1", ...neighbours.flatMap((line) => line.split(":"))].join(",");
  const variables = { http_proxy: proxy, https_proxy: proxy, no_proxy: direct };
  return { ...variables, HTTP_PROXY: proxy, HTTPS_PROXY: proxy, NO_PROXY: direct };
}

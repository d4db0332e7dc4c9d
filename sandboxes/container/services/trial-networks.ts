/**
 * The networks of one trial's containers, which nothing else is on.
 *
 * A closed one has no address of the host's, since a network that is merely internal still leads to whatever listens on the
 * host. Names are in the containers' /etc/hosts and not asked of the engine's resolver, which would pass on what it does not
 * know: that works the same with every engine, and no question gets out.
 */
import { randomInt } from "node:crypto";
import type { ContainerCreateOptions, NetworkCreateOptions } from "dockerode";
import { engineStatus, oneLine, type Engine } from "../engine/engine.ts";
import { OWNED_LABEL, reasonToKeep } from "../engine/owner.ts";
import { pause } from "../stop.ts";

/** Set aside for tests between networks by RFC 2544, so that it is nobody's address; in parts of 64. */
const PARTS = (2 * 65_536) / 64;
/** With it one could speak to the host past the addresses that it does not have on a closed network. */
export const DROPPED_AMONG_SERVICES = ["NET_RAW"];

/** The network's own and a gateway's, though there may be none. */
const FIRST_HOST = 2;
const MAKING_ATTEMPTS = 20;
const TAKEN = /overlap|already used|conflict/i;

export interface TrialNetwork {
  /** In the compose file. */
  name: string;
  /** To the engine. */
  title: string;
  /** The part of the address range that it has. */
  part: number;
  isClosed: boolean;
}

/** A container among those of its trial. */
export interface Member {
  name: string;
  /** The names of its networks in the compose file, of which there is one at least. */
  networks: readonly string[];
}

/** Makes one network; `title` is its name. Another address is tried where one is taken. */
export async function makeNetwork(
  { docker, differences }: Engine,
  { name, title, isClosed, labels }: Pick<TrialNetwork, "name" | "title" | "isClosed"> & { labels: Record<string, string> },
): Promise<TrialNetwork> {
  for (let attempt = 1; ; attempt += 1) {
    const part = randomInt(PARTS);
    const options: NetworkCreateOptions = {
      Name: title,
      Driver: "bridge",
      Internal: isClosed,
      IPAM: { Driver: "default", Config: [{ Subnet: `${address(part, 0)}/26` }] },
      Labels: labels,
      ...(isClosed && { Options: differences.closedNetworkOptions }),
    };
    try {
      await docker.createNetwork(options);
      return { name, title, part, isClosed };
    } catch (error) {
      if (attempt === MAKING_ATTEMPTS || !TAKEN.test(oneLine(error))) throw error;
    }
  }
}

/** What a member's container is created with: its first network, its address there, and the names it can reach. */
export function networkOptions(member: Member, members: readonly Member[], networks: readonly TrialNetwork[]): ContainerCreateOptions {
  const [first, ...others] = networksOf(member, networks);
  if (!first) return { HostConfig: { NetworkMode: "none" } };
  const isClosed = [first, ...others].every((network) => network.isClosed);
  return {
    NetworkingConfig: { EndpointsConfig: { [first.title]: endpoint(first, member, members) } },
    HostConfig: {
      NetworkMode: first.title,
      ExtraHosts: hostsFor(member, members, networks),
      // Whoever is asked for another name is not there. Both engines take it for the container's own loopback.
      ...(isClosed && {
        Dns: ["127.0.0.1"],
        // Docker's own resolver would try that for 20 s.
        DnsOptions: ["timeout:1", "attempts:1"],
        Sysctls: { "net.ipv6.conf.all.disable_ipv6": "1", "net.ipv6.conf.default.disable_ipv6": "1" },
      }),
    },
  };
}

/** Connects a container that was created and is not started to the other networks of its member. */
export async function connectToOthers(
  { docker }: Engine,
  container: string,
  { member, members, networks }: { member: Member; members: readonly Member[]; networks: readonly TrialNetwork[] },
): Promise<void> {
  for (const network of networksOf(member, networks).slice(1))
    await docker.getNetwork(network.title).connect({ Container: container, EndpointConfig: endpoint(network, member, members) });
}

function networksOf(member: Member, networks: readonly TrialNetwork[]): TrialNetwork[] {
  return networks.filter(({ name }) => member.networks.includes(name));
}

function endpoint(network: TrialNetwork, member: Member, members: readonly Member[]) {
  return { IPAMConfig: { IPv4Address: addressIn(network, member, members) } };
}

/** A line for each member that is in a network of this one's, itself included. */
function hostsFor(member: Member, members: readonly Member[], networks: readonly TrialNetwork[]): string[] {
  return members.flatMap((other) => {
    const shared = networksOf(member, networks).find(({ name }) => other.networks.includes(name));
    return shared ? [`${other.name}:${addressIn(shared, other, members)}`] : [];
  });
}

function addressIn({ part }: TrialNetwork, member: Member, members: readonly Member[]): string {
  return address(part, FIRST_HOST + members.indexOf(member));
}

function address(part: number, host: number): string {
  const offset = part * 64 + host;
  return `198.${18 + (offset >> 16)}.${(offset >> 8) & 255}.${offset & 255}`;
}

const REMOVAL_ATTEMPTS = 20;
const REMOVAL_PAUSE_MS = 100;

/** Removes a network whose containers are gone; that it is gone itself is fine. */
export async function removeNetwork({ docker }: Pick<Engine, "docker">, title: string): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await docker.getNetwork(title).remove();
      return;
    } catch (error) {
      if (engineStatus(error) === 404) return;
      // A container that was just removed may still be counted.
      if (engineStatus(error) === undefined || attempt === REMOVAL_ATTEMPTS) throw error;
    }
    await pause(REMOVAL_PAUSE_MS, []);
  }
}

/** Removes the networks of dead owners, whose containers are gone already; returns their names. */
export async function pruneNetworks(docker: Engine["docker"]): Promise<string[]> {
  const removed: string[] = [];
  for (const { Name, Labels, Id } of await docker.listNetworks({ filters: { label: [OWNED_LABEL] } })) {
    if ((await reasonToKeep(Labels ?? {}, true)) !== undefined) continue;
    // One that a container is still on, which could not be removed, stays with it.
    const isGone = await docker
      .getNetwork(Id)
      .remove()
      .then(() => true)
      .catch((error: unknown) => {
        if (engineStatus(error) === undefined) throw error;
        return false;
      });
    if (isGone) removed.push(Name);
  }
  return removed;
}

/** Which addresses a name may lead to: those of the public internet, and no machine's own, a network's own or a cloud's metadata. */
import { BlockList, isIPv6 } from "node:net";
import { networkInterfaces } from "node:os";

/**
 * What is not somebody's public address. Source: IANA's IPv4 Special-Purpose Address Registry; multicast and what is reserved above it.
 * 168.63.129.16 is registered as public, and is the platform's own in every machine of Azure; other clouds' are in what is closed anyway.
 */
const CLOSED_IPV4 = [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["168.63.129.16", 32],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.88.99.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 3],
] as const;

/** Of IPv6 only global unicast is open, without what has an address of IPv4 inside (Teredo, 6to4) or is for examples. */
const OPEN_IPV6 = ["2000::", 3] as const;
const CLOSED_IPV6 = [
  ["2001::", 23],
  ["2001:db8::", 32],
  ["2002::", 16],
  ["3fff::", 20],
] as const;

const closed = new BlockList();
for (const [address, bits] of CLOSED_IPV4) closed.addSubnet(address, bits, "ipv4");
for (const [address, bits] of CLOSED_IPV6) closed.addSubnet(address, bits, "ipv6");
const open = new BlockList();
open.addSubnet(...OPEN_IPV6, "ipv6");

/** Whether a name may lead there. `address` is canonical, without brackets: no address of IPv4 is written as one of IPv6. */
export function isPublicAddress(address: string): boolean {
  if (isOwnAddress(address)) return false;
  return isIPv6(address) ? open.check(address, "ipv6") && !closed.check(address, "ipv6") : !closed.check(address, "ipv4");
}

/** This machine's own, which may be public: behind it are services that only listen for neighbours. */
function isOwnAddress(address: string): boolean {
  const own = new BlockList();
  for (const { address, family } of Object.values(networkInterfaces()).flatMap((entries) => entries ?? []))
    own.addAddress(address, family === "IPv6" ? "ipv6" : "ipv4");
  return own.check(address, isIPv6(address) ? "ipv6" : "ipv4");
}

/** The hosts that a sandbox may reach, as a task writes them: `host`, `host:port`, `*.example.org`, `203.0.113.7:5432`, `[2001:db8::1]`. */

/** Of a host without a port. */
const DEFAULT_PORTS: readonly number[] = [80, 443];

export interface AllowedHost {
  /** In the form of {@link canonicalHost}; of a wildcard, what must follow a dot. */
  host: string;
  kind: "name" | "wildcard" | "address";
  ports: readonly number[];
}

/** The host of an entry or why it is none, as the end of a sentence that begins with the entry. */
export function parseAllowedHost(entry: string): AllowedHost | string {
  if (/[/@?#]/.test(entry)) return "is a URL: write the host alone, or host:port";
  const parts = splitPort(entry);
  if (!parts) return "is no host: write host, host:port, *.example.org, 203.0.113.7:5432 or [2001:db8::1]:443";
  const isWildcard = parts.host.startsWith("*.");
  const written = isWildcard ? parts.host.slice(2) : parts.host;
  if (written.includes("*")) return "has a * that is not its first part: *.example.org is any name below example.org";
  const host = canonicalHost(written);
  if (host === undefined) return "is no host: letters, digits and hyphens between dots, or an address";
  if (parts.port !== undefined && (parts.port < 1 || parts.port > 65_535)) return "has a port that is not between 1 and 65535";
  if (host === "localhost" || host.endsWith(".localhost"))
    return "is the sandbox itself: for this machine write its address, 127.0.0.1:PORT";
  const ports = parts.port === undefined ? DEFAULT_PORTS : [parts.port];
  if (!isAddress(host)) {
    if (isWildcard && !host.includes(".")) return "is too wide: a wildcard needs two parts after its *, as in *.example.org";
    return { host, kind: isWildcard ? "wildcard" : "name", ports };
  }
  if (isWildcard) return "is a wildcard before an address, which has no names below it";
  if (host !== written) return `is another way to write ${host}: write that`;
  if (host === "0.0.0.0" || host === "[::]") return "is no address of one machine";
  return { host, kind: "address", ports };
}

/** A host and a port as they stand in one text; undefined where it is not of that form. */
export function splitPort(text: string): { host: string; port: number | undefined } | undefined {
  const match = /^(\[[^\]]*\]|[^:[\]]+)(?::(\d{1,5}))?$/.exec(text);
  const [, host, port] = match ?? [];
  return host === undefined ? undefined : { host, port: port === undefined ? undefined : Number(port) };
}

/**
 * The one way to write a host: lower case without a last dot, IPv4 in four decimal parts whatever it was written in (`127.1`, `0x7f000001`),
 * IPv6 in brackets, and an IPv6 address that stands for one of IPv4 as that. Undefined where it is no host.
 */
export function canonicalHost(host: string): string | undefined {
  if (!/^(\[[\da-f:.]+\]|[\w.-]{1,254})$/i.test(host)) return undefined;
  const parsed = URL.parse(`http://${host}/`)?.hostname.replace(/\.$/, "");
  if (parsed === undefined || !isAddress(parsed)) {
    const isName = parsed !== undefined && parsed.length <= 253 && parsed.split(".").every((part) => /^\w([\w-]{0,61}\w)?$/.test(part));
    return isName ? parsed : undefined;
  }
  const mapped = /^\[::ffff:([\da-f]+):([\da-f]+)\]$/.exec(parsed);
  if (!mapped) return parsed;
  const [high, low] = [Number.parseInt(mapped[1] ?? "", 16), Number.parseInt(mapped[2] ?? "", 16)];
  return [high >> 8, high & 255, low >> 8, low & 255].join(".");
}

/** Whether a canonical host is an address and no name. */
export function isAddress(host: string): boolean {
  return host.startsWith("[") || /^\d+\.\d+\.\d+\.\d+$/.test(host);
}

/** A spec's network in a word or a line. */
export function networkText(network: "none" | "bridge" | { allow: readonly string[] }): string {
  return typeof network === "string" ? network : `allow ${network.allow.join(", ")}`;
}

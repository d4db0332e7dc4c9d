/**
 * What a sandbox in Modal may reach. Modal's list of names is held against the server's name that TLS is begun with, on port 443 alone; the
 * rest of the list is of addresses, with all their ports. Name servers stay open.
 */
import { AssayError, parseAllowedHost, type SandboxSpec } from "../../src/index.ts";
import type { Modal } from "./sdk.ts";

type Network = Pick<Modal.SandboxCreateParams, "blockNetwork" | "outboundCidrAllowlist" | "outboundDomainAllowlist">;

const TLS_PORT = 443;
const IPV4_BITS = 32;
const IPV6_BITS = 128;

/** Of an allow-list, what Modal does otherwise than a container's filter; one line of the record. */
export const ALLOW_LIST_NOTE =
  "the allow-list is Modal's: names by TLS's server name on port 443, which a program can forge; addresses with every port; name servers stay open";

/** Throws `config/unsupported` where Modal's lists cannot say what the spec asks for. */
export function modalNetwork(network: SandboxSpec["network"]): Network {
  if (typeof network === "string") return { blockNetwork: network === "none" };
  const [cidrs, domains]: [string[], string[]] = [[], []];
  for (const entry of network.allow) {
    const allowed = parseAllowedHost(entry);
    if (typeof allowed === "string") throw new AssayError("config/unsupported", `"${entry}" ${allowed}.`);
    const { host, kind, ports } = allowed;
    if (kind === "address") cidrs.push(host.startsWith("[") ? `${host.slice(1, -1)}/${IPV6_BITS}` : `${host}/${IPV4_BITS}`);
    else if (ports.includes(TLS_PORT)) domains.push(kind === "wildcard" ? `*.${host}` : host);
    else {
      throw new AssayError(
        "config/unsupported",
        `Modal's allow-list knows names on port ${TLS_PORT} alone; the task asks for "${entry}".`,
        {
          hint: "Write the server's address in place of its name, or run the task with --sandbox docker or podman.",
        },
      );
    }
  }
  // Both, since Modal allows everything of a list that is not there.
  return { outboundCidrAllowlist: cidrs, outboundDomainAllowlist: domains };
}

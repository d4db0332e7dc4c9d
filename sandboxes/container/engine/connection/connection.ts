/** The way to an engine: what its client is told of it, and what is opened for it meanwhile. */
import type { Agent } from "node:http";
import type Docker from "dockerode";
import { parseEngineUrl } from "./address.ts";
import { readCertificates } from "./certificates.ts";
import { sshTunnel } from "./ssh-tunnel.ts";

export interface Connection extends AsyncDisposable {
  options: ConnectionOptions;
  /** What the way itself said of a failure, where it said something. */
  lastWords(): string | undefined;
}

/** dockerode's types do not tell that it takes an agent. */
type ConnectionOptions = Docker.DockerOptions & { agent?: Agent };

/** dockerode reads DOCKER_HOST and its certificates by itself: what another engine's address must not be mixed with. */
const NOTHING_OF_THE_ENVIRONMENT = { pathPrefix: "/", ca: undefined, cert: undefined, key: undefined, username: undefined };

/** Connects nowhere yet. Throws where `url` is no address of an engine, or its certificates cannot be read. */
export async function openConnection(url: string): Promise<Connection> {
  const address = parseEngineUrl(url);
  if (address.kind === "unix") return plainly({ host: "", socketPath: address.path });
  if (address.kind === "ssh") {
    const { agent, lastWords, [Symbol.asyncDispose]: close } = sshTunnel(address);
    return { ...plainly({ protocol: "http", host: "docker", agent }), lastWords, [Symbol.asyncDispose]: close };
  }
  const { host, port, isTls } = address;
  const certificates = isTls ? await readCertificates({ host, port }) : {};
  return plainly({ protocol: isTls ? "https" : "http", host, port, ...certificates });
}

function plainly(options: ConnectionOptions): Connection {
  return { options: { ...NOTHING_OF_THE_ENVIRONMENT, ...options }, lastWords: () => undefined, [Symbol.asyncDispose]: async () => {} };
}

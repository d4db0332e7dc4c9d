/** What the URL of an engine says. */

export type EngineUrl =
  | { kind: "unix"; path: string }
  | { kind: "tcp"; host: string; port: number; isTls: boolean }
  | { kind: "ssh"; host: string; user: string | undefined; port: number | undefined; path: string };

/** Of the machine that an ssh:// address names, where the address has no path. */
const REMOTE_SOCKET = "/var/run/docker.sock";
/** Registered for Docker: without and with TLS. */
const PLAIN_PORT = 2375;
const TLS_PORT = 2376;

/** Throws where it is no address of an engine. As with the docker program, DOCKER_TLS_VERIFY makes TLS of every tcp://. */
export function parseEngineUrl(url: string, environment: NodeJS.ProcessEnv = process.env): EngineUrl {
  if (url.startsWith("unix://")) return { kind: "unix", path: url.slice("unix://".length) };
  const parsed = URL.parse(url);
  const hostname = parsed?.hostname.replace(/^\[(.*)\]$/, "$1") ?? "";
  if (!parsed || hostname === "" || !/^(tcp|https?|ssh):$/.test(parsed.protocol))
    throw new Error("no address of an engine; it begins with unix://, tcp://, http://, https:// or ssh://");
  const { protocol, username, pathname } = parsed;
  const port = portOf(url);
  if (protocol === "ssh:") {
    const path = pathname === "" || pathname === "/" ? REMOTE_SOCKET : decodeURIComponent(pathname);
    return { kind: "ssh", host: hostname, user: username === "" ? undefined : decodeURIComponent(username), port, path };
  }
  const asksForTls = protocol === "tcp:" && (Boolean(environment["DOCKER_TLS_VERIFY"]) || port === TLS_PORT);
  const isTls = protocol === "https:" || asksForTls;
  return { kind: "tcp", host: hostname, port: port ?? (isTls ? TLS_PORT : PLAIN_PORT), isTls };
}

/** From the text: what is parsed leaves out a port that is the protocol's own, which is not Docker's. */
function portOf(url: string): number | undefined {
  const digits = /:(\d+)$/.exec(url.split("/", 3)[2] ?? "")?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/** The address as it is recorded: without who logs in there. */
export function withoutCredentials(url: string): string {
  return url.replace(/^([a-z]+:\/\/)[^@/]*@/, "$1");
}

/** The address as it is shown. */
export function withoutPassword(url: string): string {
  return url.replace(/^([a-z]+:\/\/[^@/:]*):[^@/]*@/, "$1@");
}

/** The certificates for an engine behind TLS, where the docker program looks for them too. */
import { readFile, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";

export interface Certificates {
  /** Who may vouch for the engine; the system's own authorities where there is none. */
  ca?: Buffer;
  cert?: Buffer;
  key?: Buffer;
}

/**
 * Reads ca.pem, cert.pem and key.pem from the folder HOST:PORT or HOST in DOCKER_CERT_PATH (`~/.docker` where it is not set), so that
 * several hosts can have certificates of their own, or else from that folder itself. What is not there is not used.
 */
export async function readCertificates(
  { host, port }: { host: string; port: number },
  environment: NodeJS.ProcessEnv = process.env,
): Promise<Certificates> {
  const named = environment["DOCKER_CERT_PATH"];
  const common = named || environment["DOCKER_CONFIG"] || join(homedir(), ".docker");
  if (named && !(await isFolder(named))) throw new Error("DOCKER_CERT_PATH names a folder that is not there");
  let folder = common;
  for (const own of [`${host}:${port}`, host].toReversed()) if (await isFolder(join(common, own))) folder = join(common, own);
  const [ca, cert, key] = await Promise.all(["ca.pem", "cert.pem", "key.pem"].map((name) => readIfThere(join(folder, name))));
  return { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) };
}

async function isFolder(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isDirectory() ?? false;
}

async function readIfThere(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}

/** What a failed handshake means, in words that name what to look at; undefined where it is none. */
export function tlsProblem(code: string | undefined): string | undefined {
  if (code === undefined) return undefined;
  if (/^ERR_SSL_.*(CERTIFICATE_REQUIRED|HANDSHAKE_FAILURE|ALERT_BAD_CERTIFICATE|UNKNOWN_CA)/.test(code))
    return "it does not accept this client's certificate, or was shown none";
  if (/^(DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_|CERT_SIGNATURE_FAILURE)/.test(code))
    return "its certificate is not of an authority that ca.pem or this machine trusts";
  if (code === "CERT_HAS_EXPIRED" || code === "CERT_NOT_YET_VALID") return "its certificate is not valid today";
  if (code === "ERR_TLS_CERT_ALTNAME_INVALID") return "its certificate is for another name";
  if (code === "ERR_SSL_WRONG_VERSION_NUMBER" || code === "ERR_SSL_PACKET_LENGTH_TOO_LONG") return "it does not speak TLS";
  return undefined;
}

/** Where the token for Modal comes from, looked at as the SDK does but without loading it. */
import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";

export interface Credentials {
  /** Where they are, in a few words. */
  source: string;
  /** The server that is not Modal's own, where one is named. */
  serverUrl: string | undefined;
}

/** Undefined where there is no token. */
export async function findCredentials(environment: NodeJS.ProcessEnv = process.env): Promise<Credentials | undefined> {
  const path = environment["MODAL_CONFIG_PATH"] || join(homedir(), ".modal.toml");
  const profile = activeProfile(await readFile(path, "utf8").catch(() => ""), environment["MODAL_PROFILE"]);
  const of = (variable: string, key: string): string | undefined => environment[variable] || profile.get(key);
  const isToken = of("MODAL_TOKEN_ID", "token_id") !== undefined && of("MODAL_TOKEN_SECRET", "token_secret") !== undefined;
  const isOAuth = of("MODAL_OAUTH_REFRESH_TOKEN", "oauth_refresh_token") !== undefined;
  if (!isToken && !isOAuth) return undefined;
  const isByEnvironment = Boolean(environment["MODAL_TOKEN_ID"] || environment["MODAL_OAUTH_REFRESH_TOKEN"]);
  return { source: isByEnvironment ? "the environment" : path, serverUrl: of("MODAL_SERVER_URL", "server_url") };
}

/** The lines of one section of the file: the named one, else the active one. No more of TOML is needed. */
function activeProfile(toml: string, wanted: string | undefined): Map<string, string> {
  const profiles = new Map<string, Map<string, string>>();
  let current = new Map<string, string>();
  for (const line of toml.split("\n")) {
    const section = /^\s*\[\s*"?([^\]"]+?)"?\s*\]/.exec(line)?.[1];
    if (section !== undefined) profiles.set(section, (current = new Map()));
    const [, key, value] = /^\s*(\w+)\s*=\s*["']?([^"'#\s]*)/.exec(line) ?? [];
    if (key !== undefined && value !== undefined) current.set(key, value);
  }
  if (wanted !== undefined && wanted !== "") return profiles.get(wanted) ?? new Map();
  return profiles.values().find((profile) => profile.get("active") === "true") ?? new Map();
}

/** Credentials for private registries, from where `docker login` keeps them. They are sent to the engine and kept nowhere. */
import { spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import type { AuthConfig } from "dockerode";
import { z } from "zod";

/** How Docker Hub is called in the configuration. */
const HUB = "https://index.docker.io/v1/";

const authSchema = z.looseObject({ auth: z.string().nullish(), identitytoken: z.string().nullish() });
const configSchema = z.looseObject({
  auths: z.record(z.string(), authSchema).nullish(),
  credsStore: z.string().nullish(),
  credHelpers: z.record(z.string(), z.string()).nullish(),
});
type DockerConfig = z.output<typeof configSchema>;
const helperAnswerSchema = z.object({ Username: z.string(), Secret: z.string() });

/** What was found, and why not, where something stood in the way; neither where nobody has logged in. */
export interface FoundCredentials {
  credentials?: AuthConfig;
  /** As a sentence, without anything secret. */
  problem?: string;
}

/** The credentials for the registry that an image's name leads to. Never throws: an image may be had without any. */
export async function credentialsFor(image: string, environment: NodeJS.ProcessEnv = process.env): Promise<FoundCredentials> {
  const file = join(environment["DOCKER_CONFIG"] || join(homedir(), ".docker"), "config.json");
  const config = await readConfig(file);
  if (typeof config === "string") return { problem: config };
  return findCredentials(config, registryOf(image));
}

/** As Docker reads names: what stands before the first slash is a registry where it could be a host. */
export function registryOf(image: string): string {
  const [first = "", ...rest] = image.split("/");
  const isHost = rest.length > 0 && (/[.:]/.test(first) || first === "localhost");
  return isHost && first !== "docker.io" && first !== "index.docker.io" ? first : HUB;
}

/** A text says what is wrong with it. */
async function readConfig(file: string): Promise<DockerConfig | string> {
  const content = await readFile(file, "utf8").catch(() => undefined);
  if (content === undefined) return {};
  try {
    return configSchema.parse(JSON.parse(content));
  } catch {
    // What it holds is not said: it may be secret.
    return "Docker's config.json is no JSON of the form that `docker login` writes, so no credentials were sent.";
  }
}

async function findCredentials(config: DockerConfig, registry: string): Promise<FoundCredentials> {
  const helper = config.credHelpers?.[registry] ?? config.credsStore;
  if (helper) return askHelper(helper, registry);
  const key = Object.keys(config.auths ?? {}).find((name) => hostOf(name) === hostOf(registry));
  const entry = key === undefined ? undefined : config.auths?.[key];
  if (!entry) return {};
  const [username = "", ...password] = Buffer.from(entry.auth ?? "", "base64")
    .toString()
    .split(":");
  if (entry.identitytoken) return { credentials: tokenFor(registry, entry.identitytoken) };
  if (username === "") return {};
  return { credentials: { username, password: password.join(":"), serveraddress: registry } };
}

/** `https://registry.example/v1/` and `registry.example` are the same. */
function hostOf(name: string): string {
  return name.replace(/^https?:\/\//, "").split("/", 1)[0] ?? "";
}

/** One that asks a person, who is not there, would wait for ever. */
const HELPER_MS = 30_000;

/** A program of the user's, which is given the registry on its stdin; its answer is never shown. */
async function askHelper(helper: string, registry: string): Promise<FoundCredentials> {
  const program = `docker-credential-${helper}`;
  try {
    const child = spawn(program, ["get"], { stdio: ["pipe", "pipe", "ignore"], timeout: HELPER_MS, killSignal: "SIGKILL" });
    const exited = new Promise<number | null>((resolve, reject) => {
      child.once("error", reject);
      child.once("close", resolve);
    });
    child.stdin.on("error", () => {}).end(registry);
    const [answer, code] = await Promise.all([text(child.stdout), exited]);
    // It knows none.
    if (code !== 0) return {};
    const { Username, Secret } = helperAnswerSchema.parse(JSON.parse(answer));
    if (Username === "<token>") return { credentials: tokenFor(registry, Secret) };
    return { credentials: { username: Username, password: Secret, serveraddress: registry } };
  } catch {
    return { problem: `Docker's config.json names ${program}, which cannot be used, so no credentials were sent.` };
  }
}

/** The engine's word for it, which the client's types lack. */
function tokenFor(registry: string, identitytoken: string): AuthConfig {
  const credentials = { username: "", password: "", serveraddress: registry, identitytoken };
  return credentials;
}

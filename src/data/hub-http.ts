/** HTTP with the Hugging Face hub. `HF_ENDPOINT` replaces its address, `HF_TOKEN` is sent where it is set. */
import { randomBytes } from "node:crypto";
import { createWriteStream } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { Readable, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { AssayError } from "../core/errors.ts";

export type HubAnswer =
  | { kind: "ok"; value: unknown }
  | { kind: "missing" }
  | { kind: "refused"; status: number }
  | { kind: "unreachable"; reason: string };

const ANSWER_TIMEOUT_MS = 30_000;
const DOWNLOAD_TIMEOUT_MS = 3_600_000;
const WAITS_MS = [500, 2000];
const MAX_FILE_BYTES = 4 * 1024 ** 3;

export interface Download {
  dataset: string;
  revision: string;
  path: string;
  /** Where the file goes; it appears there only when it is complete. */
  to: string;
  signal?: AbortSignal | undefined;
}

/** A JSON document of the hub's API. Throws only when it is aborted. */
export async function getJson(path: string, signal: AbortSignal | undefined): Promise<HubAnswer> {
  try {
    const response = await request(path, ANSWER_TIMEOUT_MS, signal);
    if (response.ok) return { kind: "ok", value: await response.json() };
    await response.body?.cancel();
    if (response.status === 404) return { kind: "missing" };
    // The hub answers 401 for a repository that does not exist, so as not to tell which private ones do.
    if (response.status === 401 || response.status === 403) return { kind: "refused", status: response.status };
    return { kind: "unreachable", reason: `${endpoint().host} answers ${response.status}` };
  } catch (error) {
    signal?.throwIfAborted();
    return { kind: "unreachable", reason: reasonOf(error) };
  }
}

/** Fetches one file of a data set. Throws `data/not-found`. */
export async function download({ dataset, revision, path, to, signal }: Download): Promise<void> {
  const part = `${to}.${randomBytes(4).toString("hex")}.part`;
  const address = `/datasets/${dataset}/resolve/${revision}/${path.split("/").map(encodeURIComponent).join("/")}`;
  const failed = (reason: string, cause?: unknown) =>
    new AssayError("data/not-found", `${path} of data set ${dataset} cannot be fetched: ${reason}.`, {
      hint: "Try again, or use a local copy with -o data=PATH.",
      cause,
    });
  await mkdir(dirname(to), { recursive: true });
  try {
    const response = await request(address, DOWNLOAD_TIMEOUT_MS, signal);
    if (!response.ok || !response.body) throw failed(`${endpoint().host} answers ${response.status}`);
    await pipeline(Readable.fromWeb(response.body), sizeGuard(), createWriteStream(part));
    await rename(part, to);
  } catch (error) {
    signal?.throwIfAborted();
    throw error instanceof AssayError ? error : failed(reasonOf(error), error);
  } finally {
    await rm(part, { force: true });
  }
}

function sizeGuard(): Transform {
  let bytes = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      if (bytes > MAX_FILE_BYTES) done(new Error(`it is larger than ${MAX_FILE_BYTES / 1024 ** 3} GiB`));
      else done(null, chunk);
    },
  });
}

/** One GET, tried again after a server's error or a lost connection. */
async function request(path: string, timeoutMs: number, signal: AbortSignal | undefined): Promise<Response> {
  const token = process.env["HF_TOKEN"];
  const headers: Record<string, string> = { "user-agent": "assay", ...(token ? { authorization: `Bearer ${token}` } : {}) };
  const address = new URL(`${endpoint().href.replace(/\/$/, "")}${path}`);
  for (let attempt = 0; ; attempt += 1) {
    const waitMs = WAITS_MS[attempt];
    const timeout = AbortSignal.timeout(timeoutMs);
    try {
      const response = await fetch(address, { headers, signal: signal ? AbortSignal.any([signal, timeout]) : timeout });
      if (waitMs === undefined || (response.status < 500 && response.status !== 429)) return response;
      await response.body?.cancel();
    } catch (error) {
      // A name that does not resolve or a port that refuses will not do better in a second.
      if (signal?.aborted || waitMs === undefined || /ENOTFOUND|ECONNREFUSED|EAI_AGAIN/.test(reasonOf(error))) throw error;
    }
    await sleep(waitMs, undefined, signal ? { signal } : {});
  }
}

function endpoint(): URL {
  const text = process.env["HF_ENDPOINT"] || "https://huggingface.co";
  if (URL.canParse(text)) return new URL(text);
  throw new AssayError("usage/bad-option", `HF_ENDPOINT=${JSON.stringify(text)} is no address.`, {
    hint: "Set it to something like https://huggingface.co, or unset it.",
  });
}

function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const code = cause instanceof Error && "code" in cause && typeof cause.code === "string" ? cause.code : undefined;
  return `${endpoint().host} does not answer (${code ?? (cause instanceof Error ? cause.message : String(cause))})`;
}

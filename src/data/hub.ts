/** Fetches the files of a data set's split from the Hugging Face hub, once, and keeps them pinned to a commit. */
import { mkdir, readFile, rename, stat, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { basename, join } from "node:path";
import { z } from "zod";
import { AssayError } from "../core/errors.ts";
import { fileNameOf } from "../core/ids.ts";
import { jsonOrUndefined } from "../core/json.ts";
import type { DataSource } from "../core/task.ts";
import { download, getJson, type HubAnswer } from "./hub-http.ts";
import { filesOfSplit } from "./hub-split.ts";

type HubSource = Extract<DataSource, { dataset: string }>;

export interface HubFiles {
  files: { path: string; shown: string }[];
  /** The commit that the files are of. */
  revision: string;
}

interface FetchOptions {
  cacheDir?: string | undefined;
  signal?: AbortSignal | undefined;
}

/** A repository at a commit: `GET /api/datasets/<id>/revision/<revision>`. */
const listingSchema = z.object({ sha: z.string().regex(/^[0-9a-f]{40}$/), siblings: z.array(z.object({ rfilename: z.string() })) });
type Listing = z.output<typeof listingSchema>;

/** The branch on which the hub keeps every public data set as Parquet, `<config>/<split>/<n>.parquet`. */
const CONVERTED = "refs/convert/parquet";

/**
 * Local copies of a split's files. Without a revision it is the newest one, recorded; where the hub does not answer, the one fetched last.
 * Throws `data/not-found`.
 */
export async function fetchFromHub(source: HubSource, { cacheDir = defaultCacheDir(), signal }: FetchOptions): Promise<HubFiles> {
  const folder = join(cacheDir, "hub", fileNameOf(source.dataset));
  const listing = await findListing(source, folder, signal);
  const paths = filesOfSplit(
    listing.siblings.map(({ rfilename }) => rfilename),
    source,
  );
  const files: HubFiles["files"] = [];
  for (const path of paths) {
    const local = join(folder, listing.sha, fileNameOf(path));
    if (!(await exists(local))) await download({ dataset: source.dataset, revision: listing.sha, path, to: local, signal });
    files.push({ path: local, shown: basename(path) === path ? path : `${source.dataset}/${path}` });
  }
  return { files, revision: listing.sha };
}

function defaultCacheDir(): string {
  return join(process.env["XDG_CACHE_HOME"] || join(homedir(), ".cache"), "assay", "data");
}

async function findListing(source: HubSource, folder: string, signal: AbortSignal | undefined): Promise<Listing> {
  const revisions = source.revision === undefined ? [CONVERTED, "main"] : [source.revision];
  for (const [index, revision] of revisions.entries()) {
    const kept = join(folder, "revisions", `${fileNameOf(revision)}.json`);
    // A full commit id never changes: what is kept needs no question.
    const known = await readListing(kept);
    if (known?.sha === revision) return known;
    const answer = await getJson(`/api/datasets/${source.dataset}/revision/${encodeURIComponent(revision)}`, signal);
    if (answer.kind === "unreachable" && known) return known;
    if (answer.kind === "missing" && index + 1 < revisions.length) continue;
    if (answer.kind !== "ok") throw cannotFetch(source, answer);
    const listing = listingSchema.safeParse(answer.value);
    if (!listing.success) throw cannotFetch(source, { kind: "unreachable", reason: "its answer is not understood" });
    await writeListing(kept, listing.data);
    return listing.data;
  }
  throw cannotFetch(source, { kind: "missing" });
}

async function readListing(path: string): Promise<Listing | undefined> {
  const text = await readFile(path, "utf8").catch(() => undefined);
  // A damaged cache entry is as good as none: it is fetched again.
  return text === undefined ? undefined : listingSchema.safeParse(jsonOrUndefined(text)).data;
}

async function writeListing(path: string, listing: Listing): Promise<void> {
  await mkdir(join(path, ".."), { recursive: true });
  const part = `${path}.${process.pid}.part`;
  await writeFile(part, JSON.stringify(listing));
  await rename(part, path);
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => null)) !== null;
}

/** The error for a data set that cannot be had, with what to do about it. */
function cannotFetch(source: HubSource, answer: Exclude<HubAnswer, { kind: "ok" }>): AssayError {
  const what = `Data set ${[source.dataset, source.config, source.split].filter(Boolean).join(" / ")}`;
  const local = "use a local copy with -o data=PATH";
  if (answer.kind === "refused")
    return new AssayError("data/not-found", `${what} is refused by the hub (${answer.status}).`, {
      hint: `It may be gated: accept its terms and set HF_TOKEN, or ${local}.`,
    });
  if (answer.kind === "missing")
    return new AssayError("data/not-found", `${what} does not exist on the hub${source.revision ? ` at ${source.revision}` : ""}.`, {
      hint: `Check its name and revision, set HF_TOKEN if it is private, or ${local}.`,
    });
  return new AssayError("data/not-found", `${what} cannot be fetched: ${answer.reason}.`, {
    hint: `Check the network or HF_ENDPOINT, or ${local}.`,
  });
}

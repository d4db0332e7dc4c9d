/** Contents of changed files as events tell them: whole at first sight, then as a diff against what was captured last. */
import { structuredPatch, formatPatch, OMIT_HEADERS } from "diff";
import { isUtf8 } from "node:buffer";
import { sha256 } from "../../../core/json.ts";
import type { FileEntry } from "../../../core/sandbox-files.ts";
import type { Sandbox } from "../../../core/sandbox.ts";
import type { Content } from "../../../core/content.ts";
import type { EventFields } from "../../../core/trace.ts";
import type { TrialRecorder } from "../../../store/trial-recorder.ts";
import { CAPTURE_BOUNDS } from "./bounds.ts";
import type { Change } from "./compare.ts";
import { parentOf } from "./folders.ts";

export type FileChange = NonNullable<EventFields<"sandbox.files">["changes"]>[number];

interface Held {
  /** Of the bytes as they were. */
  hash: string;
  /** Of a small text only. */
  text?: string;
}

export interface ReadContents {
  contents: ReadonlyMap<string, Uint8Array>;
  omitted: ReadonlyMap<string, NonNullable<FileChange["omitted"]>>;
}

type ReadLimits = { timeoutMs: number; signal: AbortSignal; within: readonly string[] };

/** What one trial's captures know of contents. */
export class CapturedContents {
  readonly #sandbox: Sandbox;
  readonly #recorder: TrialRecorder;
  /** The last one of each path, in the order in which they were captured. */
  readonly #held = new Map<string, Held>();
  #heldBytes = 0;
  #trialBytes = 0;
  /** What is left of the time for the diffs of one capture. */
  #diffMs = 0;

  constructor(sandbox: Sandbox, recorder: TrialRecorder) {
    this.#sandbox = sandbox;
    this.#recorder = recorder;
  }

  /** Remembers the small files that are there at the beginning, so that the first edit of one is told as a diff. */
  async holdFirst(entries: Iterable<FileEntry>, limits: ReadLimits): Promise<void> {
    const small = [...entries].filter(({ kind, sizeBytes }) => kind === "file" && sizeBytes <= CAPTURE_BOUNDS.heldTextBytes);
    const { paths } = choose(small, CAPTURE_BOUNDS.firstBytes);
    if (paths.length === 0) return;
    const contents = await this.#sandbox.readFiles(paths, { maxBytes: CAPTURE_BOUNDS.firstBytes, ...limits });
    for (const [path, bytes] of contents) this.#hold(path, bytes, isUtf8(bytes) ? Buffer.from(bytes).toString("utf8") : undefined);
  }

  /** Reads what the changes need, and what only contents can tell. */
  async read(changes: readonly Change[], unsure: readonly FileEntry[], limits: ReadLimits): Promise<ReadContents> {
    const changed = changes.filter(({ change, from = "" }) => change !== "deleted" && (change !== "renamed" || this.#held.has(from)));
    const files = [...changed.map(({ entry }) => entry), ...unsure.filter(({ path }) => this.#held.has(path))];
    const { paths, omitted } = choose(
      files.filter(({ kind }) => kind === "file"),
      Math.min(CAPTURE_BOUNDS.captureBytes, CAPTURE_BOUNDS.trialBytes - this.#trialBytes),
    );
    if (paths.length === 0) return { contents: new Map(), omitted };
    const startedAt = performance.now();
    const contents = await this.#sandbox.readFiles(paths, { maxBytes: CAPTURE_BOUNDS.captureBytes, ...limits });
    // A timer may be early by a millisecond.
    const isLate = performance.now() - startedAt >= limits.timeoutMs - 1;
    for (const path of paths) if (!contents.has(path)) omitted.set(path, isLate ? "too-late" : "unreadable");
    return { contents, omitted };
  }

  /** The changes as an event has them. Nothing waits in here, so that what is redacted is counted on that event. */
  describe(changes: readonly Change[], unsure: readonly FileEntry[], read: ReadContents): FileChange[] {
    this.#diffMs = CAPTURE_BOUNDS.diffMs;
    this.#renameFolders(changes);
    const told = changes.map((change) => this.#describe(change, read));
    for (const entry of unsure) {
      const bytes = read.contents.get(entry.path);
      if (bytes && this.#held.get(entry.path)?.hash !== sha256(bytes)) told.push(this.#describe({ change: "changed", entry }, read));
    }
    return told;
  }

  #describe({ change, entry, from }: Change, { contents, omitted }: ReadContents): FileChange {
    const { path, kind, mode, sizeBytes, target } = entry;
    if (change === "deleted") {
      this.#forget(path);
      return { path, change, kind };
    }
    if (from !== undefined) this.#rename(from, path);
    const bytes = contents.get(path);
    const reason = omitted.get(path);
    return {
      path,
      change,
      ...(from !== undefined && { from }),
      kind,
      mode,
      ...(kind === "file" && { sizeBytes: bytes?.length ?? sizeBytes }),
      ...(target !== undefined && { target }),
      ...(bytes && this.#describeContent(path, bytes)),
      ...(reason !== undefined && { omitted: reason }),
    };
  }

  #describeContent(path: string, bytes: Uint8Array): Partial<FileChange> {
    const before = this.#held.get(path);
    const content = this.#recorder.content(bytes);
    const about = { sha256: hashOf(content) };
    const text = typeof content === "string" ? content : undefined;
    const isSame = before?.hash === this.#hold(path, bytes, text);
    if (isSame) return about;
    this.#trialBytes += bytes.length;
    if (text === undefined) return { ...about, content };
    if (before?.text === undefined) return { ...about, content, ...(!before && { addedLines: linesIn(text), removedLines: 0 }) };
    // What is held from the beginning was never redacted.
    const old = this.#recorder.content(before.text);
    return { ...about, ...((typeof old === "string" && this.#diff(old, text)) || { content }) };
  }

  /** Undefined where it would take too long or be too large. Nothing else runs meanwhile, so one that is hard leaves time for the others. */
  #diff(old: string, text: string): Pick<FileChange, "diff" | "addedLines" | "removedLines"> | undefined {
    if (this.#diffMs < 1) return undefined;
    const startedAt = performance.now();
    const diff = diffOf(old, text, this.#diffMs / 2);
    this.#diffMs -= performance.now() - startedAt;
    return diff;
  }

  /** Returns the hash of the bytes. */
  #hold(path: string, bytes: Uint8Array, text: string | undefined): string {
    this.#forget(path);
    const hash = sha256(bytes);
    const isSmall = text !== undefined && text.length <= CAPTURE_BOUNDS.heldTextBytes;
    // A path of its own: one that was cut out of a listing would hold all of it.
    this.#held.set(Buffer.from(path).toString(), { hash, ...(isSmall && { text }) });
    if (isSmall) this.#heldBytes += text.length;
    for (const [oldest, { text: held, hash: oldHash }] of this.#held) {
      if (this.#heldBytes <= CAPTURE_BOUNDS.heldBytes) break;
      if (held === undefined) continue;
      this.#heldBytes -= held.length;
      this.#held.set(oldest, { hash: oldHash });
    }
    return hash;
  }

  #forget(path: string): void {
    this.#heldBytes -= this.#held.get(path)?.text?.length ?? 0;
    this.#held.delete(path);
  }

  /** Folders take all below them along. */
  #renameFolders(changes: readonly Change[]): void {
    const folders = new Map(
      changes.flatMap(({ entry, from }) => (from !== undefined && entry.kind === "folder" ? [[from, entry.path]] : [])),
    );
    if (folders.size === 0) return;
    for (const path of this.#held.keys().toArray()) {
      const to = withFolders(path, folders);
      if (to !== path) this.#rename(path, to);
    }
  }

  #rename(from: string, to: string): void {
    const held = this.#held.get(from);
    if (!held) return;
    this.#held.delete(from);
    this.#forget(to);
    this.#held.set(to, held);
  }
}

/** The path after its nearest folder that was renamed, if any. */
function withFolders(path: string, newNames: ReadonlyMap<string, string>): string {
  for (let folder = parentOf(path); folder !== "/"; folder = parentOf(folder)) {
    const to = newNames.get(folder);
    if (to !== undefined) return `${to}${path.slice(folder.length)}`;
  }
  return path;
}

/** Which files are read, within the bounds: those in hidden folders last, since tools keep their own state there. */
function choose(
  files: readonly FileEntry[],
  maxBytes: number,
): { paths: string[]; omitted: Map<string, NonNullable<FileChange["omitted"]>> } {
  const omitted = new Map<string, NonNullable<FileChange["omitted"]>>();
  const paths: string[] = [];
  let bytes = 0;
  const isHidden = ({ path }: FileEntry) => path.includes("/.");
  for (const file of [...files.filter((entry) => !isHidden(entry)), ...files.filter(isHidden)]) {
    if (file.sizeBytes > CAPTURE_BOUNDS.fileBytes) omitted.set(file.path, "too-large");
    else if (paths.length === CAPTURE_BOUNDS.files || bytes + file.sizeBytes > maxBytes) omitted.set(file.path, "too-many");
    else {
      bytes += file.sizeBytes;
      paths.push(file.path);
    }
  }
  return { paths, omitted };
}

function diffOf(old: string, text: string, timeout: number): Pick<FileChange, "diff" | "addedLines" | "removedLines"> | undefined {
  const options = { context: 3, timeout, maxEditLength: CAPTURE_BOUNDS.diffEdits };
  const patch = structuredPatch("", "", old, text, "", "", options);
  if (!patch) return undefined;
  const diff = formatPatch(patch, OMIT_HEADERS);
  if (diff.length > CAPTURE_BOUNDS.diffBytes) return undefined;
  const lines = patch.hunks.flatMap((hunk) => hunk.lines);
  const count = (sign: string) => lines.filter((line) => line.startsWith(sign)).length;
  return { diff, addedLines: count("+"), removedLines: count("-") };
}

function linesIn(text: string): number {
  return text === "" ? 0 : text.split("\n").length - (text.endsWith("\n") ? 1 : 0);
}

function hashOf(content: Content): string {
  if (typeof content === "string") return sha256(content);
  return "blob" in content ? content.blob : sha256(Buffer.from(content.base64, "base64"));
}

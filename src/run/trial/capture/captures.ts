/** What each step of a trial changed in its sandbox: captured while the model thinks, within a share of the trial's time, once more at the end. */
import { toAssayError } from "../../../core/errors.ts";
import type { FileListing } from "../../../core/sandbox-files.ts";
import type { Sandbox } from "../../../core/sandbox.ts";
import type { EventFields } from "../../../core/trace.ts";
import type { TrialRecorder } from "../../../store/trial-recorder.ts";
import { CAPTURE_BOUNDS } from "./bounds.ts";
import { compareListings, knownFrom, type Change, type Comparison, type Known } from "./compare.ts";
import { CapturedContents, type ReadContents } from "./contents.ts";

export interface CaptureParts {
  /** The sandbox itself: what a capture runs is no command of the trial. */
  sandbox: Sandbox;
  recorder: TrialRecorder;
  /** Absolute folders that are looked at after each step. */
  folders: readonly string[];
  /** Milliseconds that the trial has taken so far. */
  elapsedMs: () => number;
  /** Aborted when the run is. */
  signal: AbortSignal;
}

type Event = Omit<EventFields<"sandbox.files">, "folders" | "durationMs">;
/** Gives the milliseconds left. */
type Clock = () => number;
/** What an event will tell, read already. */
interface Told extends Omit<Comparison, "known"> {
  read: ReadContents;
  omittedChanges: number;
}

export class FileCaptures {
  readonly #parts: CaptureParts;
  readonly #folders: readonly string[];
  readonly #contents: CapturedContents;
  #known: Known | undefined;
  #startedBeforeMs = 0;
  #ready: Promise<void> | undefined;
  #running: Promise<void> | undefined;
  /** Numbers of tool calls: begun, to be captured, captured. */
  #begun = 0;
  #wanted = 0;
  #captured = 0;
  #spentMs = 0;
  /** What a step's capture takes, as far as can be told. */
  #expectedMs = 0;
  #isSkipping = false;
  #isOver = false;

  constructor(parts: CaptureParts) {
    this.#parts = parts;
    this.#folders = withoutNested(parts.folders);
    this.#contents = new CapturedContents(parts.sandbox, parts.recorder);
  }

  /** Begins to look at what is there; called when the sandbox is set up. */
  start(): void {
    this.#ready = this.#capture({ phase: "start" }, CAPTURE_BOUNDS.stepTimeoutMs, async (clock) => {
      const listing = await this.#list(clock);
      this.#known = knownFrom(listing);
      this.#startedBeforeMs = this.#known.settledBeforeMs;
      await this.#contents.holdFirst(listing.entries, this.#readLimits(clock));
      return { ...about(listing) };
    }).then(() => {});
  }

  /** Resolves when no change of a tool call can be taken for what was there before. */
  async toolBegins(call: number): Promise<void> {
    await this.#ready;
    this.#begun = call;
  }

  /** Captures what the tool calls up to `call` changed, beside the model call that has begun. One that still runs is not waited for. */
  modelThinks(call: number): void {
    if (call <= this.#wanted) return;
    this.#wanted = call;
    // The request's own bytes go first.
    this.#running ??= new Promise<void>((resolve) => setImmediate(resolve))
      .then(() => this.#catchUp())
      .finally(() => (this.#running = undefined));
  }

  /** The last capture: of the watched folders, and of the whole root what changed since the start. Never throws. */
  async finish(): Promise<void> {
    this.#isOver = true;
    await this.#ready;
    await this.#running;
    const calls = this.#callsUpTo(this.#begun);
    if (this.#parts.signal.aborted) return this.#skip({ phase: "end", ...calls, skipped: "cancelled" });
    if (!this.#known) return this.#skip({ phase: "end", ...calls, skipped: "no-start" });
    const known = this.#known;
    await this.#capture({ phase: "end", ...calls }, CAPTURE_BOUNDS.lastTimeoutMs, async (clock) => {
      // One after the other: two at once would need another lane, which takes longer to open than a listing.
      const watched = await this.#list(clock, known);
      const root = await this.#listRoot(clock);
      const comparison = compareListings(known, watched);
      const both = { ...comparison, changes: [...comparison.changes, ...this.#elsewhere(root)] };
      return { ...about(watched, root), ...this.#tell(await this.#read(both, clock)) };
    });
  }

  async #catchUp(): Promise<void> {
    while (this.#known && this.#wanted > this.#captured && !this.#isOver) {
      const to = this.#wanted;
      const calls = this.#callsUpTo(to);
      const allowedMs = CAPTURE_BOUNDS.share * this.#parts.elapsedMs() - this.#spentMs;
      if (allowedMs < this.#expectedMs) {
        if (!this.#isSkipping) this.#skip({ phase: "step", ...calls, skipped: "budget" });
        this.#isSkipping = true;
        return;
      }
      this.#isSkipping = false;
      const known = this.#known;
      const isDone = await this.#capture({ phase: "step", ...calls }, Math.min(allowedMs, CAPTURE_BOUNDS.stepTimeoutMs), async (clock) => {
        const listing = await this.#list(clock, known);
        const comparison = compareListings(known, listing);
        const told = await this.#read(comparison, clock);
        // A listing that was cut by its own bound is used, one that was cut to stay within the share would lose what is known.
        if (allowedMs < CAPTURE_BOUNDS.stepTimeoutMs && isOver(clock)) return { skipped: "budget" };
        this.#known = comparison.known;
        this.#captured = to;
        return { ...about(listing), ...this.#tell(told), ...(this.#begun > to && { isConcurrent: true as const }) };
      });
      if (!isDone) return;
    }
  }

  /** Does the work within a time and records it with what it cost; false where it failed, which the event says. */
  async #capture(event: Event, timeoutMs: number, work: (clock: Clock) => Promise<Partial<Event>>): Promise<boolean> {
    const startedAt = performance.now();
    const spent = () => performance.now() - startedAt;
    let found: Partial<Event>;
    try {
      found = await work(() => timeoutMs - spent());
    } catch (error) {
      found = this.#parts.signal.aborted ? { skipped: "cancelled" } : { failed: recorded(error) };
    }
    const durationMs = spent();
    this.#spentMs += durationMs;
    // One that was given up would have taken longer, nobody knows how much; one that was slow once tells little.
    if (found.skipped === "budget") this.#expectedMs = 2 * durationMs;
    else this.#expectedMs = event.phase === "start" ? durationMs : (this.#expectedMs + durationMs) / 2;
    this.#record({ ...event, ...found }, durationMs);
    return found.failed === undefined && found.skipped === undefined;
  }

  #skip(event: Event): void {
    this.#record(event, 0);
  }

  #record(event: Event, durationMs: number): void {
    const folders = [...this.#folders, ...(event.phase === "end" && !this.#folders.includes("/") ? ["/"] : [])];
    this.#parts.recorder.event("sandbox.files", { ...event, folders, durationMs: Math.round(durationMs * 10) / 10 });
  }

  async #list(clock: Clock, known?: Known): Promise<FileListing> {
    return this.#parts.sandbox.listFiles(this.#folders, {
      maxEntries: CAPTURE_BOUNDS.entries,
      ...(known?.isPartial && { changedSinceMs: known.settledBeforeMs }),
      ...this.#limits(clock),
    });
  }

  async #listRoot(clock: Clock): Promise<FileListing> {
    return this.#parts.sandbox.listFiles(["/"], {
      maxEntries: CAPTURE_BOUNDS.entries,
      changedSinceMs: this.#startedBeforeMs,
      ...this.#limits(clock),
    });
  }

  #limits(clock: Clock): { timeoutMs: number; signal: AbortSignal } {
    return { timeoutMs: Math.max(1, Math.floor(clock())), signal: this.#parts.signal };
  }

  #readLimits(clock: Clock): { timeoutMs: number; signal: AbortSignal; within: readonly string[] } {
    return { ...this.#limits(clock), within: [...this.#folders, "/"] };
  }

  /** What changed outside of the watched folders. */
  #elsewhere(root: FileListing): Change[] {
    const isWatched = (path: string) => this.#folders.some((folder) => isWithin(path, folder));
    const holdsWatched = (path: string) => this.#folders.some((folder) => isWithin(folder, path));
    const entries = root.entries.filter(
      ({ path, kind, changedAtMs }) =>
        changedAtMs >= this.#startedBeforeMs && !isWatched(path) && !(kind === "folder" && holdsWatched(path)),
    );
    const unknown: Known = { entries: new Map(), isPartial: true, settledBeforeMs: 0 };
    return compareListings(unknown, { ...root, entries }).changes;
  }

  async #read({ changes, unsure }: Comparison, clock: Clock): Promise<Told> {
    const told = changes.slice(0, CAPTURE_BOUNDS.changes);
    const read = await this.#contents.read(told, unsure, this.#readLimits(clock));
    return { changes: told, unsure, read, omittedChanges: changes.length - told.length };
  }

  #tell({ changes, unsure, read, omittedChanges }: Told): Pick<Event, "changes" | "omittedChanges"> {
    return { changes: this.#contents.describe(changes, unsure, read), ...(omittedChanges > 0 && { omittedChanges }) };
  }

  #callsUpTo(last: number): Pick<Event, "calls"> {
    return last > this.#captured ? { calls: [this.#captured + 1, last] } : {};
  }
}

function about(...listings: readonly FileListing[]): Pick<Event, "entries" | "isTruncated" | "leftOut" | "unreadable"> {
  const unreadable = [...new Set(listings.flatMap((listing) => listing.unreadable))].slice(0, CAPTURE_BOUNDS.unreadable);
  const leftOut = listings.at(-1)?.leftOut ?? [];
  return {
    entries: listings.reduce((sum, { entries }) => sum + entries.length, 0),
    ...(listings.some(({ isTruncated }) => isTruncated) && { isTruncated: true as const }),
    ...(listings.length > 1 && { leftOut }),
    ...(unreadable.length > 0 && { unreadable }),
  };
}

/** A timer ends on whole milliseconds, and may be early by one. */
const TIMER_MS = 2;

function isOver(clock: Clock): boolean {
  return clock() < TIMER_MS;
}

function recorded(error: unknown): NonNullable<Event["failed"]> {
  const { code, message, hint } = toAssayError(error);
  return { code, message, ...(hint !== undefined && { hint }) };
}

function isWithin(path: string, folder: string): boolean {
  return folder === "/" || path === folder || path.startsWith(`${folder}/`);
}

function withoutNested(folders: readonly string[]): string[] {
  const distinct = [...new Set(folders.map((folder) => folder.replace(/\/+$/, "") || "/"))];
  return distinct.filter((folder) => !distinct.some((other) => other !== folder && isWithin(folder, other)));
}

/** The lanes of one user: as many as its commands need at once, each used for one command after another. */
import type { Duplex } from "node:stream";
import { openControl, type Control } from "./control.ts";
import { Lane } from "./lane.ts";
import { laneBoot } from "./script.ts";

/** Each lane is a process in the container; beyond these, commands wait. */
const MAX_LANES = 160;
/** Lanes that are kept for later. */
const MAX_IDLE_LANES = 8;
/** Lanes that are kept open for what their commands left behind; beyond these the oldest is closed. */
const MAX_RETIRED_LANES = 32;

/** A busy lane is waited for so long before another one is opened, about what that takes. Most commands, and captures, are sooner over. */
const PATIENCE_MS = 100;

/** A lane may be refused where the processes of a sandbox are used up for a moment. */
const RETRY_MS = 500;

/** Starts a shell as the pool's user and returns its stream; throws where the engine cannot. */
export type StartShell = () => Promise<Duplex>;

interface Waiter {
  give(lane: Lane | undefined): void;
  fail(error: unknown): void;
}

/** A class, for its lanes, whoever waits for one, and whether lanes work here at all are one state. */
export class LanePool implements Disposable {
  readonly #startShell: StartShell;
  readonly #idle: Lane[] = [];
  readonly #busy = new Set<Lane>();
  readonly #retired = new Set<Lane>();
  readonly #waiters: Waiter[] = [];
  #opening = 0;
  #retry: NodeJS.Timeout | undefined;
  #isUnfit = false;
  #isDisposed = false;
  #control: Promise<Control | undefined> | undefined;

  constructor(startShell: StartShell) {
    this.#startShell = startShell;
  }

  lanes(): Lane[] {
    return [...this.#idle, ...this.#busy, ...this.#retired];
  }

  /** Takes in a lane that is open already. */
  add(lane: Lane): void {
    this.#idle.push(lane);
  }

  /** A lane for one command; undefined where lanes do not work, or none came before `stop`. Throws what the engine threw. */
  async take(stop: AbortSignal): Promise<Lane | undefined> {
    for (let lane = this.#idle.pop(); lane; lane = this.#idle.pop()) {
      if (lane.isUsable) return this.#lend(lane);
      lane[Symbol.dispose]();
    }
    if (this.#isUnfit) return undefined;
    const { promise, resolve, reject } = Promise.withResolvers<Lane | undefined>();
    const waiter: Waiter = { give: resolve, fail: reject };
    this.#waiters.push(waiter);
    stop.addEventListener("abort", () => this.#leave(waiter), { once: true });
    const patience = this.#busy.size > 0 ? setTimeout(() => this.#openForWaiters(), PATIENCE_MS) : undefined;
    if (!patience) this.#openForWaiters();
    const lane = await promise.finally(() => clearTimeout(patience));
    return lane && this.#lend(lane);
  }

  /** Takes a lane back after its command. */
  release(lane: Lane): void {
    this.#busy.delete(lane);
    if (!lane.isUsable) {
      this.#retire(lane);
      if (this.#isDisposed) return;
      // The next one is opened now, not in the next command's time.
      if (this.#waiters.length > 0) this.#openForWaiters();
      else if (this.#idle.length === 0) void this.#open();
      return;
    }
    const waiter = this.#waiters.shift();
    if (waiter) waiter.give(lane);
    else if (this.#idle.length < MAX_IDLE_LANES) this.#idle.push(lane);
    else lane[Symbol.dispose]();
  }

  /** Closes the lanes that nobody uses: what killed or stopped one may have stopped these too, and their streams do not tell. */
  closeIdle(): void {
    for (const lane of this.#idle.splice(0)) lane[Symbol.dispose]();
  }

  /** Learns of the processes that commands left behind: `found` are new, of all others only `living` are still there. */
  noteLeftBehind(found: readonly number[], living: ReadonlyMap<number, unknown>): void {
    for (const lane of [...this.#busy, ...this.#retired]) for (const pid of found) lane.holders.add(pid);
    for (const lane of this.#retired) {
      for (const pid of lane.holders) if (!living.has(pid)) lane.holders.delete(pid);
      if (lane.holders.size === 0 || lane.isLost) this.#close(lane);
    }
  }

  /** Opened when it is first asked for, and again when it does not answer any more; undefined where that fails. */
  async control(): Promise<Control | undefined> {
    const asked = this.#control;
    const known = await asked;
    if (known?.isUsable) return known;
    // Whoever else found it dead may have opened another meanwhile.
    if (this.#control !== asked) return this.control();
    if (this.#isDisposed) return undefined;
    known?.[Symbol.dispose]();
    const opened = this.#startShell()
      .then(openControl)
      .catch(() => undefined);
    this.#control = opened;
    const control = await opened;
    if (this.#isDisposed) control?.[Symbol.dispose]();
    return control;
  }

  [Symbol.dispose](): void {
    this.#isDisposed = true;
    clearTimeout(this.#retry);
    for (const lane of this.lanes()) lane[Symbol.dispose]();
    for (const waiter of this.#waiters.splice(0)) waiter.give(undefined);
    void this.#control?.then((control) => control?.[Symbol.dispose]());
  }

  #retire(lane: Lane): void {
    if (lane.isLost || this.#isDisposed) return lane[Symbol.dispose]();
    lane.retire();
    this.#retired.add(lane);
    const [oldest] = this.#retired;
    if (oldest && this.#retired.size > MAX_RETIRED_LANES) this.#close(oldest);
  }

  #close(retired: Lane): void {
    this.#retired.delete(retired);
    retired[Symbol.dispose]();
  }

  #lend(lane: Lane): Lane {
    this.#busy.add(lane);
    return lane;
  }

  #leave(waiter: Waiter): void {
    const at = this.#waiters.indexOf(waiter);
    if (at !== -1) this.#waiters.splice(at, 1);
    waiter.give(undefined);
  }

  #openForWaiters(): void {
    while (this.#opening < this.#waiters.length && this.#busy.size + this.#opening < MAX_LANES) void this.#open();
  }

  async #open(): Promise<void> {
    this.#opening += 1;
    try {
      const opened = await Lane.open(await this.#startShell(), laneBoot);
      if (!opened) return this.#failOne();
      if (opened.missing !== "" || this.#isDisposed) {
        opened.lane[Symbol.dispose]();
        this.#isUnfit ||= opened.missing !== "";
        for (const waiter of this.#waiters.splice(0)) waiter.give(undefined);
        return;
      }
      this.release(opened.lane);
    } catch (error) {
      this.#failOne(error);
    } finally {
      this.#opening -= 1;
    }
  }

  /** Where other lanes work, a waiter may still get one of them, or a new one in a moment. */
  #failOne(error?: unknown): void {
    if (this.#busy.size > 0) {
      this.#retry ??= setTimeout(() => {
        this.#retry = undefined;
        this.#openForWaiters();
      }, RETRY_MS);
      return;
    }
    const waiter = this.#waiters.shift();
    if (error === undefined) waiter?.give(undefined);
    else waiter?.fail(error);
  }
}

/**
 * How many calls a provider gets at once. It starts slow, grows while every slot is in use and answers come
 * (doubling until the first rate limit, one at a time after it), and halves only on rate limits.
 */
import { DEFAULTS } from "../core/defaults.ts";
import { whenAborted } from "./abort-listeners.ts";

export interface ConcurrencyChange {
  /** Milliseconds since the client was opened. */
  t: number;
  limit: number;
  reason: string;
}

/** A right to make one call; give it back with what came of the call. */
export interface Slot {
  readonly generation: number;
}

interface Waiter {
  grant(slot: Slot): void;
  isGone: boolean;
  next: Waiter | undefined;
}

/** Hands out slots, first come first served; taking and giving back cost the same however many wait. */
export class ConcurrencyLimiter {
  readonly history: ConcurrencyChange[] = [];
  readonly #openedAt = performance.now();
  readonly #isFixed: boolean;
  #limit: number;
  #active = 0;
  #waiting = 0;
  #first: Waiter | undefined;
  #last: Waiter | undefined;
  /** Saturated successes since the last change. */
  #successes = 0;
  /** Raised at each cut: rate limits of calls that started before it were caused by the same burst. */
  #generation = 0;

  constructor(fixed?: number) {
    this.#isFixed = fixed !== undefined;
    this.#limit = fixed ?? DEFAULTS.concurrencyStart;
    this.#note(this.#isFixed ? "fixed by provider.concurrency" : "start");
  }

  get state(): { limit: number; active: number; waiting: number } {
    return { limit: this.#limit, active: this.#active, waiting: this.#waiting };
  }

  /** A slot at once, or undefined where one must be waited for. */
  tryAcquire(): Slot | undefined {
    return this.#active < this.#limit ? this.#grant() : undefined;
  }

  /** Waits for a slot; rejects with the signal's reason. */
  acquire(signal: AbortSignal): Promise<Slot> {
    const slot = this.tryAcquire();
    if (slot) return Promise.resolve(slot);
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason);
      const onAbort = () => {
        waiter.isGone = true;
        this.#waiting--;
        reject(signal.reason);
      };
      const waiter: Waiter = {
        isGone: false,
        next: undefined,
        grant: (granted) => {
          stopListening();
          resolve(granted);
        },
      };
      const stopListening = whenAborted(signal, onAbort);
      this.#waiting++;
      if (this.#last) this.#last.next = waiter;
      else this.#first = waiter;
      this.#last = waiter;
    });
  }

  release(): void {
    this.#active--;
    this.#serve();
  }

  /** A call succeeded. To be said before its slot is given back. */
  succeeded(): void {
    if (this.#isFixed || this.#limit >= DEFAULTS.concurrencyMax || this.#active < this.#limit) return;
    this.#successes++;
    if (this.#successes < this.#limit) return;
    const isFirstRise = this.#generation === 0;
    this.#change(
      Math.min(DEFAULTS.concurrencyMax, isFirstRise ? this.#limit * 2 : this.#limit + 1),
      `all ${this.#limit} slots in use and answered`,
    );
    this.#serve();
  }

  /** A call that held `slot` met a rate limit. */
  rateLimited(slot: Slot, status: number): void {
    if (this.#isFixed || slot.generation < this.#generation) return;
    this.#generation++;
    this.#change(Math.max(1, Math.floor(this.#limit / 2)), `rate limited (${status})`);
  }

  #grant(): Slot {
    this.#active++;
    return { generation: this.#generation };
  }

  #serve(): void {
    while (this.#first && this.#active < this.#limit) {
      const waiter = this.#first;
      this.#first = waiter.next;
      waiter.next = undefined;
      if (!this.#first) this.#last = undefined;
      if (waiter.isGone) continue;
      this.#waiting--;
      waiter.grant(this.#grant());
    }
  }

  #change(limit: number, reason: string): void {
    this.#successes = 0;
    if (limit === this.#limit) return;
    this.#limit = limit;
    this.#note(reason);
  }

  #note(reason: string): void {
    this.history.push({ t: Math.round(performance.now() - this.#openedAt), limit: this.#limit, reason });
  }
}

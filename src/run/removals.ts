/** Sandboxes are removed while the run goes on: nobody waits for it but the run's end. */
import PQueue from "p-queue";
import { DEFAULTS } from "../core/defaults.ts";

export class Removals {
  readonly #queue = new PQueue({ concurrency: DEFAULTS.sandboxRemovalsAtOnce });
  readonly #ends = new Set<Promise<unknown>>();

  /** Resolves when another removal may begin to wait: where an engine removes slower than trials end, trials wait for it. */
  async room(): Promise<void> {
    await this.#queue.onSizeLessThan(DEFAULTS.sandboxRemovalsAtOnce);
  }

  /** Removes in its turn; resolves when that is over. What cannot be removed stays its backend's, which tries again when it is closed. */
  add(remove: () => Promise<void>): Promise<void> {
    const end = this.#quietly(() => this.#queue.add(remove));
    this.until(end);
    return end;
  }

  /** Makes the run's end wait for `end` too, however it ends. */
  until(end: Promise<unknown>): void {
    this.#ends.add(end);
    const forget = () => void this.#ends.delete(end);
    end.then(forget, forget);
  }

  async settled(): Promise<void> {
    while (this.#ends.size > 0) await Promise.allSettled(this.#ends);
  }

  async #quietly(action: () => Promise<unknown>): Promise<void> {
    try {
      await action();
    } catch {
      // Told by the backend's end.
    }
  }
}

/** How far a pass is: one line that is drawn over on a terminal, a line now and then elsewhere. */
import type { WriteStream } from "node:tty";
import type { Rescored } from "../../core/record.ts";
import { printableLine } from "../terminal/printable.ts";
import { countText } from "../terminal/quantities.ts";

const DRAW_MS = 100;
const LINE_MS = 10_000;

export interface RescoreProgress extends Disposable {
  line(text: string): void;
  start(left: number): void;
  scored(line: Rescored): void;
}

export function createRescoreProgress(stream: WriteStream): RescoreProgress {
  const everyMs = stream.isTTY ? DRAW_MS : LINE_MS;
  let total = 0;
  let done = 0;
  let unscored = 0;
  let startedAt = 0;
  let drawnAt = 0;
  const clear = () => void (stream.isTTY && drawnAt > 0 && stream.write("\r\u001b[K"));
  const text = () => {
    const seconds = Math.max(0.001, (performance.now() - startedAt) / 1000);
    const missing = unscored > 0 ? `, ${countText(unscored)} unscored` : "";
    return `${countText(done)} of ${countText(total)} done${missing} · ${countText(Math.round(done / seconds))} a second`;
  };
  return {
    line(said) {
      clear();
      stream.write(`${printableLine(said)}\n`);
    },
    start(left) {
      total = left;
      startedAt = drawnAt = performance.now();
    },
    scored({ score }) {
      done += 1;
      if (score.value === null) unscored += 1;
      const now = performance.now();
      if (now - drawnAt < everyMs) return;
      drawnAt = now;
      stream.write(stream.isTTY ? `\r\u001b[K${text()}` : `${text()}\n`);
    },
    [Symbol.dispose]: clear,
  };
}

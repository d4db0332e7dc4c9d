/** Progress on a terminal: redrawn in place, ten times a second at most. */
import type { RunStatus } from "../../../run/status.ts";
import type { Progress } from "./progress.ts";
import { renderEnd, renderFrame } from "./frame.ts";
import { Screen } from "./screen.ts";
import { createTracker, type Tracker } from "./tracker.ts";

const REDRAW_MS = 100;

export function liveProgress(stream: NodeJS.WriteStream): Progress {
  const screen = new Screen(stream);
  let shown: { status: RunStatus; tracker: Tracker } | undefined;
  let timer: NodeJS.Timeout | undefined;
  const draw = () => {
    if (shown) screen.draw(renderFrame(shown.status, shown.tracker.look(), screen.size));
  };
  return {
    start(status) {
      shown = { status, tracker: createTracker(status) };
      draw();
      timer = setInterval(draw, REDRAW_MS).unref();
    },
    // The timer redraws: a thousand trials a second are no reason to draw more often.
    trial: () => {},
    line: (text) => screen.print([[text]]),
    [Symbol.dispose]() {
      clearInterval(timer);
      screen.close();
      if (shown) screen.print(renderEnd(shown.status, shown.tracker.look({ isFinal: true }), screen.size));
      shown = undefined;
    },
  };
}

/** Steps a trial on a terminal, key by key. */
import { emitKeypressEvents, type Key } from "node:readline";
import { renderLine, styled, type Line } from "../terminal/line.ts";
import { clockText, tokensText, usdText } from "../terminal/quantities.ts";
import { pageLines } from "./page.ts";
import type { StoredTrial } from "./steps.ts";

export interface PlayOptions {
  runPath: string;
  trialId: string;
  trial: StoredTrial;
  /** How many times faster than it was recorded. */
  speed: number;
  stdin: NodeJS.ReadStream;
  stdout: NodeJS.WriteStream;
}

interface View {
  step: number;
  scroll: number;
  isWhole: boolean;
  isPlaying: boolean;
}

const ENTER = "\x1b[?1049h\x1b[?25l";
const LEAVE = "\x1b[?25h\x1b[?1049l";
const HOME = "\x1b[H";
const CLEAR_LINE_END = "\x1b[K";
const CLEAR_BELOW = "\x1b[J";
/** Two lines above the page and one below. */
const FRAME_ROWS = 3;

/** What each key does to the view; `last` is the last step. */
const KEYS: Record<string, (view: View, last: number, page: number) => void> = {
  l: (view, last) => go(view, Math.min(last, view.step + 1)),
  h: (view) => go(view, Math.max(0, view.step - 1)),
  g: (view) => go(view, 0),
  G: (view, last) => go(view, last),
  j: (view) => void (view.scroll += 1),
  k: (view) => void (view.scroll = Math.max(0, view.scroll - 1)),
  pagedown: (view, _last, page) => void (view.scroll += page),
  pageup: (view, _last, page) => void (view.scroll = Math.max(0, view.scroll - page)),
  w: (view) => {
    view.isWhole = !view.isWhole;
    view.scroll = 0;
  },
  space: (view, last) => {
    if (!view.isPlaying && view.step === last) go(view, 0);
    view.isPlaying = !view.isPlaying;
  },
};

const SAME_KEYS: Record<string, string> = { right: "l", left: "h", down: "j", up: "k", home: "g", end: "G", return: "l" };

function go(view: View, step: number): void {
  view.step = step;
  view.scroll = 0;
}

/** Resolves when the person quits. */
export async function playTrial(options: PlayOptions): Promise<void> {
  const { stdin, stdout, trial, speed } = options;
  const view: View = { step: 0, scroll: 0, isWhole: false, isPlaying: false };
  const last = trial.steps.length - 1;
  let timer: NodeJS.Timeout | undefined;
  let drawing = Promise.resolve();
  const draw = () => (drawing = drawing.then(() => drawView(options, view)));

  const schedule = () => {
    clearTimeout(timer);
    const [now, next] = [trial.steps[view.step], trial.steps[view.step + 1]];
    if (view.isPlaying && !next) view.isPlaying = false;
    if (!view.isPlaying || !now || !next) return;
    timer = setTimeout(
      () => {
        go(view, view.step + 1);
        schedule();
        void draw();
      },
      Math.min(MAX_TIMER_MS, (next.startMs - now.startMs) / speed),
    );
  };

  using terminal = takeTerminal(stdin, stdout);
  await new Promise<void>((resolve) => {
    terminal.onResize(() => void draw());
    terminal.onKey((name) => {
      if (name === "q" || name === "escape" || name === "ctrl+c") return resolve();
      KEYS[SAME_KEYS[name] ?? name]?.(view, last, pageRows(stdout));
      schedule();
      void draw();
    });
    void draw();
  });
  clearTimeout(timer);
  await drawing;
}

/** What setTimeout can wait at most. */
const MAX_TIMER_MS = 2 ** 31 - 1;

const pageRows = (stdout: NodeJS.WriteStream) => Math.max(1, (stdout.rows || 24) - FRAME_ROWS);

async function drawView({ runPath, trialId, trial, stdout, speed }: PlayOptions, view: View): Promise<void> {
  const step = trial.steps[view.step];
  const tally = trial.tallies[view.step];
  if (!step || !tally) return;
  const columns = Math.max(20, stdout.columns || 80);
  const rows = pageRows(stdout);
  const page = await pageLines(runPath, step, { columns, rows: view.isWhole ? Infinity : rows });
  view.scroll = Math.max(0, Math.min(view.scroll, page.length - rows));
  const shown = page.slice(view.scroll, view.scroll + rows);
  const hidden = page.length - view.scroll - shown.length;
  const header: Line = [
    styled(trialId, "bold"),
    `  ${view.step + 1}/${trial.steps.length} ${step.title}`,
    styled(
      `  at ${clockText(step.startMs)} of ${clockText(trial.steps.at(-1)?.endMs ?? 0)} · ${tokensText(tally.inputTokens)} tokens in, ${tokensText(tally.outputTokens)} out · cost ${usdText(tally.costUsd)}`,
      "dim",
    ),
  ];
  const state = view.isPlaying ? `playing at ${speed}×` : "paused";
  const footer: Line = [
    styled(`${hidden > 0 ? `${hidden} lines below · ` : ""}${state} · `, "dim"),
    styled(`h/l turn  g/G first/last  space play  j/k scroll  w ${view.isWhole ? "cut" : "whole"}  q quit`, "dim"),
  ];
  const blank: Line[] = Array.from({ length: rows - shown.length }, () => []);
  const lines = [header, [styled("─".repeat(columns), "dim")], ...shown, ...blank, footer];
  stdout.write(`${HOME}${lines.map((line) => `${renderLine(line, stdout, columns)}${CLEAR_LINE_END}`).join("\r\n")}${CLEAR_BELOW}`);
}

/** Takes the whole terminal, keys included, and gives it back whatever ends the process. */
function takeTerminal(stdin: NodeJS.ReadStream, stdout: NodeJS.WriteStream) {
  const scope = new DisposableStack();
  const leave = () => void stdout.write(LEAVE);
  const end = () => process.exit(143);
  process.once("exit", leave).once("SIGTERM", end).once("SIGHUP", end);
  scope.defer(() => void process.off("exit", leave).off("SIGTERM", end).off("SIGHUP", end));
  scope.defer(leave);
  emitKeypressEvents(stdin);
  stdin.setRawMode(true);
  scope.defer(() => void stdin.setRawMode(false).pause());
  stdout.write(ENTER);
  return {
    onKey(handle: (name: string) => void): void {
      const listener = (text: string | undefined, key: Key) =>
        handle(key.ctrl ? `ctrl+${key.name}` : key.shift && text ? text : (key.name ?? text ?? ""));
      stdin.on("keypress", listener);
      scope.defer(() => void stdin.off("keypress", listener));
    },
    onResize(handle: () => void): void {
      stdout.on("resize", handle);
      scope.defer(() => void stdout.off("resize", handle));
    },
    [Symbol.dispose]: () => scope.dispose(),
  };
}

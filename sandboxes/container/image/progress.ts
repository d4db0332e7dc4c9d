/** Reads what an Engine says while it pulls or builds: a few short lines for a person, and the end of it for an error. */
import { stripVTControlCharacters } from "node:util";
import { z } from "zod";

const eventSchema = z.object({
  stream: z.string().nullish(),
  status: z.string().nullish(),
  id: z.string().nullish(),
  progressDetail: z.object({ current: z.number().nullish(), total: z.number().nullish() }).nullish(),
  error: z.string().nullish(),
});

export type ProgressEvent = z.output<typeof eventSchema>;

/** What was going on when it failed. */
export interface Progress {
  /** The last step of a build: "2/5 RUN make". */
  step: string | undefined;
  /** The last lines that the step printed, oldest first. */
  lastLines: readonly string[];
}

/** At most so often is the state of a pull said. */
const PULL_LINE_MS = 1_000;
const LAST_LINES = 3;
const MAX_LINE_CHARACTERS = 160;

/** Follows a pull's or a build's events to the end. Throws what the Engine says it failed at. */
export async function followProgress(
  events: AsyncIterable<ProgressEvent>,
  what: string,
  { progress, onProgress }: { progress: Progress; onProgress: (line: string) => void },
): Promise<void> {
  const layers = new Map<string, Layer>();
  let saidAt = performance.now();
  let said = "";
  for await (const event of events) {
    if (event.error) throw new Error(event.error);
    for (const line of linesOf(event.stream ?? "")) {
      const step = /^step (\d+\/\d+)\s*:\s*(.+)$/i.exec(line);
      if (!step) {
        progress.lastLines = [...progress.lastLines, line].slice(-LAST_LINES);
        continue;
      }
      progress.step = `${step[1]} ${step[2]}`;
      progress.lastLines = [];
      onProgress(`${what}: step ${progress.step}`);
    }
    if (!noteLayer(layers, event) || performance.now() - saidAt < PULL_LINE_MS) continue;
    const line = `${what}: ${sayLayers(layers)}`;
    if (line !== said) onProgress(line);
    said = line;
    saidAt = performance.now();
  }
}

/** The events of an Engine's answer: one JSON text a line, cut into pieces anywhere. */
export async function* progressEvents(answer: NodeJS.ReadableStream): AsyncGenerator<ProgressEvent> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of answer) {
    rest += typeof chunk === "string" ? chunk : decoder.decode(chunk, { stream: true });
    const lines = rest.split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) if (line.trim() !== "") yield eventSchema.parse(JSON.parse(line));
  }
  if (rest.trim() !== "") yield eventSchema.parse(JSON.parse(rest));
}

interface Layer {
  isDone: boolean;
  currentBytes: number;
  totalBytes: number;
}

/** Returns whether the event was about a layer. */
function noteLayer(layers: Map<string, Layer>, { id, status, progressDetail }: ProgressEvent): boolean {
  if (!id || !status || /^pulling from/i.test(status)) return false;
  const layer = layers.get(id) ?? { isDone: false, currentBytes: 0, totalBytes: 0 };
  layers.set(id, layer);
  if (/^(pull complete|already exists)/i.test(status)) layer.isDone = true;
  if (/^downloading/i.test(status)) {
    layer.currentBytes = progressDetail?.current ?? layer.currentBytes;
    layer.totalBytes = progressDetail?.total ?? layer.totalBytes;
  } else if (/^(download complete|extracting|pull complete)/i.test(status)) layer.currentBytes = layer.totalBytes;
  return true;
}

function sayLayers(layers: ReadonlyMap<string, Layer>): string {
  const all = [...layers.values()];
  const mib = (bytes: number): string => (bytes / 1024 / 1024).toFixed(bytes < 10 * 1024 * 1024 ? 1 : 0);
  const current = all.reduce((sum, layer) => sum + layer.currentBytes, 0);
  // Only of layers whose size was said so far.
  const total = all.reduce((sum, layer) => sum + layer.totalBytes, 0);
  return `${all.filter((layer) => layer.isDone).length} of ${all.length} layers, ${mib(current)} of ${mib(total)} MiB`;
}

/** What a build prints is not ours: no control character of it reaches a terminal. */
function linesOf(text: string): string[] {
  return stripVTControlCharacters(text)
    .split(/[\r\n]+/)
    .map((line) =>
      line
        .replaceAll(/\p{Cc}+/gu, " ")
        .trim()
        .slice(0, MAX_LINE_CHARACTERS),
    )
    .filter((line) => line !== "" && !/^--->|^Removing intermediate container/.test(line));
}

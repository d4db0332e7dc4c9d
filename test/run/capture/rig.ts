/** Captures of a sandbox into a real trace, driven step by step; and what that trace says, folded into the files that must be there. */
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { DEFAULTS } from "../../../src/core/defaults.ts";
import type { Sandbox } from "../../../src/core/sandbox.ts";
import { envelopeSchema, type TraceEvent } from "../../../src/core/trace.ts";
import { FileCaptures, type CaptureParts } from "../../../src/run/trial/capture/captures.ts";
import { BlobWriter } from "../../../src/store/blobs.ts";
import { DiskFailure } from "../../../src/store/disk-failure.ts";
import { fieldsOf, type StoredFields } from "../../../src/store/read-trace.ts";
import { createRedactor } from "../../../src/store/redaction.ts";
import { OpenedTrialRecorder } from "../../../src/store/trial-recorder.ts";
import { temporaryFolder } from "../../store/run-folders.ts";

export type FilesEvent = StoredFields<"sandbox.files">;

export interface Rig extends AsyncDisposable {
  captures: FileCaptures;
  events(): FilesEvent[];
  /** Says that calls up to `call` are done, and waits for the event that covers it. */
  step(call: number): Promise<FilesEvent>;
  finish(): Promise<FilesEvent>;
  runPath: string;
}

export const SECRET = "hunter2-hunter2";

export async function captureRig(sandbox: Sandbox, parts: Partial<CaptureParts> = {}): Promise<Rig> {
  const folder = await temporaryFolder();
  const lines: string[] = [];
  const recorder = new OpenedTrialRecorder({
    sink: { line: (text) => void lines.push(text), close: async () => ({ file: "traces/t.1.jsonl" }) },
    blobs: new BlobWriter(folder.path, new DiskFailure(folder.path)),
    redactor: createRedactor([SECRET]),
  });
  const captures = new FileCaptures({
    sandbox,
    recorder,
    folders: [sandbox.workdir],
    elapsedMs: () => Infinity,
    signal: new AbortController().signal,
    ...parts,
  });
  const events = () => lines.map((line) => filesOf(envelopeSchema.parse(JSON.parse(line))));
  captures.start();
  return {
    captures,
    events,
    runPath: folder.path,
    async step(call) {
      await captures.toolBegins(call);
      captures.modelThinks(call);
      for (;;) {
        const found = events().find(({ calls, phase }) => phase === "step" && calls?.[1] === call);
        if (found) return found;
        await sleep(1);
      }
    },
    async finish() {
      await captures.finish();
      return z.custom<FilesEvent>((value) => value !== undefined).parse(events().at(-1));
    },
    async [Symbol.asyncDispose]() {
      await recorder.close();
      await folder[Symbol.asyncDispose]();
    },
  };
}

export function filesOf(event: TraceEvent): FilesEvent {
  const fields = fieldsOf(event, "sandbox.files");
  if (!fields) throw new Error(`not a capture: ${JSON.stringify(event)}`);
  return fields;
}

/** `M a, A b, D c, R d → e`, with paths relative to the work folder. */
export function said({ changes = [] }: FilesEvent, workdir = "/workspace"): string[] {
  const short = (path: string) => (path.startsWith(`${workdir}/`) ? path.slice(workdir.length + 1) : path);
  return changes.map(({ change, path, from }) => `${change} ${from === undefined ? "" : `${short(from)} → `}${short(path)}`);
}

/** Applies what an event says, in its order, to what was known: a path's kind and mode, and its content's hash or its target. */
export function applyTo(known: Map<string, string>, { changes = [] }: FilesEvent): void {
  for (const { change, path, from, kind, mode = 0, sha256, target = "" } of changes) {
    for (const [old, state] of from === undefined ? [] : [...known]) {
      if (old !== from && !old.startsWith(`${from}/`)) continue;
      known.delete(old);
      known.set(`${path}${old.slice(from?.length)}`, state);
    }
    if (change === "deleted") known.delete(path);
    else if (change !== "renamed" || sha256 !== undefined) known.set(path, stateOf(kind, mode, sha256 ?? target));
  }
}

export function stateOf(kind: string, mode: number, rest: string): string {
  return `${kind} ${kind === "link" ? "" : mode.toString(8)} ${rest}`;
}

export const LIST = { maxEntries: 20_000, timeoutMs: 10_000 };
export const READ = { maxBytes: DEFAULTS.recordedBytes, timeoutMs: 10_000 };

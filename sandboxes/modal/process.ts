/** A process in a sandbox of Modal: its streams as they come, its end, and a stdin that somebody always closes. */
import { pause } from "../container/stop.ts";
import type { StreamName } from "../container/commands/stream.ts";
import { within } from "./errors.ts";
import type { Machine } from "./machine.ts";
import type { Modal } from "./sdk.ts";

export interface ProcessRequest {
  argv: readonly string[];
  /** Of the program itself, which is started as root. */
  env: Readonly<Record<string, string>>;
  onOutput: (stream: StreamName, bytes: Buffer) => void;
}

export interface ModalProcess extends Disposable {
  /** In the order of the calls; what the process does not take any more is dropped. */
  write(input: Uint8Array | string): void;
  closeInput(): void;
  /** The exit code. Rejects where the sandbox ends first or the connection breaks for good. */
  readonly exit: Promise<number>;
  /** After the exit: waits for the streams' ends, or up to a bound for what is still on its way, since what was left behind may hold them. */
  drain(): Promise<void>;
}

const START_MS = 60_000;
/** An exit and the last output come by different calls, of which either may be slow. */
const QUIET_MS = 2_000;
const DRAIN_MS = 10_000;
/** One message of a call. */
const INPUT_PIECE_BYTES = 1024 * 1024;

/** Throws what `machine.failure` makes of the SDK's error. */
export async function startProcess(machine: Machine, { argv, env, onOutput }: ProcessRequest): Promise<ModalProcess> {
  const doing = "the start of a command";
  let process: Modal.ContainerProcess<Uint8Array>;
  try {
    // Without a timeout of the SDK's: what that kills, and whether, is not known, and daemons of a command live on.
    const started = machine.sandbox.exec([...argv], { mode: "binary", env: { ...env } });
    process = await within(START_MS, doing, started, machine.ended);
  } catch (error) {
    throw await machine.failure(doing, error);
  }
  const over = new AbortController();
  const giveUp = (): void => over.abort(new Error("nobody waits for it any longer"));
  machine.ended.addEventListener("abort", giveUp, { once: true });
  let lastOutputAt = performance.now();
  const pumps = (["stdout", "stderr"] as const).map((name) =>
    pump(process[name], over.signal, (bytes) => {
      lastOutputAt = performance.now();
      onOutput(name, bytes);
    }),
  );
  const streamsEnded = new AbortController();
  void Promise.all(pumps).then(() => streamsEnded.abort());
  // With a signal, as the SDK's own `wait` tries again for ever where a worker has gone away.
  const exit = process._wait(over.signal).catch(async (error: unknown) => {
    throw await machine.failure("a command", error);
  });
  exit.catch(() => {});
  const writer = process.stdin.getWriter();
  const whatever = (): void => {};
  return {
    exit,
    write(input) {
      const bytes = Buffer.from(input);
      for (let at = 0; at < bytes.length; at += INPUT_PIECE_BYTES) {
        writer.write(new Uint8Array(bytes.subarray(at, at + INPUT_PIECE_BYTES))).catch(whatever);
      }
    },
    closeInput: () => void writer.close().catch(whatever),
    async drain() {
      const from = performance.now();
      while (!streamsEnded.signal.aborted && performance.now() - from < DRAIN_MS) {
        const quietMs = performance.now() - Math.max(from, lastOutputAt);
        if (quietMs >= QUIET_MS) return;
        await pause(QUIET_MS - quietMs + 1, [streamsEnded.signal]);
      }
    },
    [Symbol.dispose]() {
      machine.ended.removeEventListener("abort", giveUp);
      giveUp();
      void writer.close().catch(whatever);
    },
  };
}

/** Reads a stream until it ends, breaks or nobody wants it; a broken one is told by the process's end. */
async function pump(stream: Modal.ModalReadStream<Uint8Array>, over: AbortSignal, emit: (bytes: Buffer) => void): Promise<void> {
  const reader = stream.getReader();
  const cancel = (): void => void reader.cancel().catch(() => {});
  over.addEventListener("abort", cancel, { once: true });
  try {
    while (true) {
      const { done, value } = await reader.read();
      if (done || over.aborted) return;
      emit(Buffer.from(value.buffer, value.byteOffset, value.byteLength));
    }
  } catch {
    // See above.
  } finally {
    over.removeEventListener("abort", cancel);
  }
}

/** The host's side of one worker: sends a request, keeps a copy of the files, and replaces a worker that had to be ended. */
import { Worker } from "node:worker_threads";
import { AssayError, type FileListing, type ListFilesOptions, type ReadFilesOptions } from "../../src/index.ts";
import { listKeptFiles, readKeptFiles, type KeptFile } from "./list-files.ts";
import type { ExecuteRequest, FileChange, FileRequest, WorkerMessage, WorkerReply, WorkerSetup } from "./protocol.ts";

export type ClientSetup = Omit<WorkerSetup, "files" | "stop"> & { heapMiB: number };

/** Why a worker was ended before it replied. */
export type Ended = { kind: "ended"; reason: "stopped" | "outOfMemory" };

/** Time that a command is given to end itself, before its worker is ended. */
const GRACE_MS = 400;

interface Live {
  worker: Worker;
  stop: Int32Array;
  ready: Promise<void>;
  settle: Map<number, { resolve: (reply: WorkerReply) => void; reject: (error: Error) => void }>;
}

export class WorkerClient {
  readonly #setup: ClientSetup;
  /** The files as they were after the last request that ended; a new worker begins with them. */
  readonly #files = new Map<string, KeptFile>();
  #clockMs = 0;
  #workers = 0;
  #live: Live | undefined;
  #lastId = 0;
  #isClosed = false;

  constructor(setup: ClientSetup) {
    this.#setup = setup;
  }

  /** Starts the worker, unless one runs. */
  async start(): Promise<void> {
    if (this.#isClosed) throw gone();
    this.#live ??= this.#spawn();
    await this.#live.ready;
  }

  /** Sends one request; the caller sends the next only after the reply. Ends the worker when `signal` or the timeout is not obeyed. */
  async request(request: ExecuteRequest | FileRequest, signal?: AbortSignal): Promise<WorkerReply | Ended> {
    await this.start();
    const live = this.#live;
    if (!live) throw gone();
    const id = ++this.#lastId;
    const timers: NodeJS.Timeout[] = [];
    const end = Promise.withResolvers<Ended>();
    const endSoon = (waitMs: number): void => void timers.push(setTimeout(() => end.resolve({ kind: "ended", reason: "stopped" }), waitMs));
    const stop = (): void => {
      Atomics.store(live.stop, 0, id);
      live.worker.postMessage({ stop: id });
      endSoon(GRACE_MS);
    };
    if (request.kind === "execute") endSoon(Math.min(request.timeoutMs + GRACE_MS, 2 ** 31 - 1));
    signal?.addEventListener("abort", stop, { once: true });
    try {
      const reply = new Promise<WorkerReply>((resolve, reject) => live.settle.set(id, { resolve, reject }));
      live.worker.postMessage({ id, ...request });
      const outcome = await Promise.race([reply, end.promise]);
      if (outcome.kind === "ended") await this.#terminate(live);
      return outcome;
    } catch (error) {
      if (isOutOfMemory(error)) return { kind: "ended", reason: "outOfMemory" };
      throw error;
    } finally {
      signal?.removeEventListener("abort", stop);
      for (const timer of timers) clearTimeout(timer);
      live.settle.delete(id);
    }
  }

  /** What the files are after the last request that ended; it does not wait for one that runs. */
  listFiles(folders: readonly string[], options: ListFilesOptions): FileListing {
    if (this.#isClosed) throw gone();
    return listKeptFiles(this.#files, folders, options, this.#tick());
  }

  readFiles(paths: readonly string[], options: ReadFilesOptions): Map<string, Uint8Array> {
    if (this.#isClosed) throw gone();
    return readKeptFiles(this.#files, paths, options);
  }

  /** Ends the worker; the next request starts another with the same files. */
  async renew(): Promise<void> {
    if (this.#live) await this.#terminate(this.#live);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    const live = this.#live;
    if (live) await this.#terminate(live);
    this.#files.clear();
  }

  #spawn(): Live {
    const stop = new SharedArrayBuffer(4);
    const { heapMiB, ...setup } = this.#setup;
    const workerData: WorkerSetup = { ...setup, stop, files: [...this.#files.values()] };
    const worker = new Worker(beside("worker"), {
      workerData,
      env: {},
      argv: [],
      execArgv: ["--import", beside("patient-wait").href],
      stdin: false,
      stdout: true,
      stderr: true,
      resourceLimits: { maxOldGenerationSizeMb: heapMiB },
    });
    worker.stdout.resume();
    worker.stderr.resume();
    worker.unref();
    const ready = Promise.withResolvers<WorkerReply>();
    const settle: Live["settle"] = new Map([[0, ready]]);
    const number = ++this.#workers;
    const live: Live = { worker, stop: new Int32Array(stop), ready: ready.promise.then(() => {}), settle };
    worker.on("message", ({ id, reply, changes }: WorkerMessage) => {
      for (const change of changes) this.#keep(change, number);
      settle.get(id)?.resolve(reply);
    });
    worker.on("error", (error) => this.#died(live, error instanceof Error ? error : new Error(String(error))));
    worker.on("exit", () =>
      this.#died(live, this.#isClosed ? gone() : new AssayError("sandbox/gone", "The embedded sandbox's worker ended by itself.")),
    );
    return live;
  }

  #died(live: Live, error: Error): void {
    if (this.#live === live) this.#live = undefined;
    const failure =
      isOutOfMemory(error) || error instanceof AssayError
        ? error
        : new AssayError("sandbox/failed", `The embedded sandbox broke: ${error.message}`, { cause: error });
    for (const { reject } of live.settle.values()) reject(failure);
    live.settle.clear();
  }

  async #terminate(live: Live): Promise<void> {
    if (this.#live === live) this.#live = undefined;
    await live.worker.terminate();
  }

  #keep(change: FileChange, worker: number): void {
    if (change.type !== "removed") {
      // Each worker counts its files from 1.
      const own = change.type !== "symlink" ? { ...change, identity: `${worker}:${change.identity}` } : change;
      this.#files.set(change.path, { ...own, changedAtMs: this.#tick() });
      return;
    }
    for (const path of this.#files.keys()) {
      if (path === change.path || path.startsWith(`${change.path}/`)) this.#files.delete(path);
    }
  }

  /** The time, and always later than before. */
  #tick(): number {
    this.#clockMs = Math.max(Date.now(), this.#clockMs + 0.001);
    return this.#clockMs;
  }
}

export function gone(): AssayError {
  return new AssayError("sandbox/gone", "The embedded sandbox was disposed of.");
}

/** A module of this folder; under dist this file is JavaScript, and so is that one. */
function beside(name: string): URL {
  return new URL(`./${name}${import.meta.url.endsWith(".ts") ? ".ts" : ".js"}`, import.meta.url);
}

function isOutOfMemory(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ERR_WORKER_OUT_OF_MEMORY";
}

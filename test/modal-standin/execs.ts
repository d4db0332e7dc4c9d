/**
 * Commands of the stand-in: an exec of the local Docker each, as root, whatever the image says.
 *
 * What one prints goes to two files, so that it can be read again from any offset and costs no memory.
 */
import { once } from "node:events";
import { appendFile, mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import type { Container, Exec } from "dockerode";
import { demultiplexer, type StreamName } from "../../sandboxes/container/commands/stream.ts";

const FIRST_LOOK_MS = 10;
const LAST_LOOK_MS = 1_000;
const PIECE_BYTES = 256 * 1024;

export interface ExecRequest {
  argv: readonly string[];
  env: Record<string, string>;
  workdir: string | undefined;
}

/** What one stream has printed so far. */
class Spool {
  readonly path: string;
  bytes = 0;
  isEnded = false;
  #changed = Promise.withResolvers<void>();

  constructor(path: string) {
    this.path = path;
  }

  async add(piece: Uint8Array): Promise<void> {
    await appendFile(this.path, piece);
    this.bytes += piece.length;
    this.#announce();
  }

  end(): void {
    this.isEnded = true;
    this.#announce();
  }

  async *read(offset: number, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    const aborted = Promise.withResolvers<void>();
    signal.addEventListener("abort", () => aborted.resolve(), { once: true });
    for (let at = offset; !signal.aborted;) {
      const changed = this.#changed.promise;
      if (at < this.bytes) {
        const piece = await this.#piece(at);
        at += piece.length;
        yield piece;
      } else if (this.isEnded) return;
      else await Promise.race([changed, aborted.promise]);
    }
  }

  async #piece(at: number): Promise<Uint8Array> {
    await using file = await open(this.path, "r");
    const { buffer, bytesRead } = await file.read(Buffer.alloc(Math.min(PIECE_BYTES, this.bytes - at)), 0, undefined, at);
    return buffer.subarray(0, bytesRead);
  }

  #announce(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }
}

export class RunningExec implements AsyncDisposable {
  readonly #exec: Exec;
  readonly #stream: Duplex;
  readonly #folder: string;
  readonly #spools: Record<StreamName, Spool>;
  readonly exit: Promise<number>;
  stdinBytes = 0;
  isStdinClosed = false;
  #isOver = false;

  private constructor(exec: Exec, stream: Duplex, folder: string) {
    this.#exec = exec;
    this.#stream = stream;
    this.#folder = folder;
    this.#spools = { stdout: new Spool(join(folder, "stdout")), stderr: new Spool(join(folder, "stderr")) };
    void this.#collect();
    this.exit = this.#watch();
    this.exit.catch(() => {});
  }

  static async start(container: Container, { argv, env, workdir }: ExecRequest): Promise<RunningExec> {
    const exec = await container.exec({
      Cmd: [...argv],
      User: "0",
      ...(workdir !== undefined && { WorkingDir: workdir }),
      Env: Object.entries(env).map(([name, value]) => `${name}=${value}`),
      AttachStdin: true,
      AttachStdout: true,
      AttachStderr: true,
    });
    const stream = await exec.start({ hijack: true, stdin: true });
    return new RunningExec(exec, stream, await mkdtemp(join(tmpdir(), "assay-modal-exec-")));
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  read(stream: StreamName, offset: number, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    return this.#spools[stream].read(offset, signal);
  }

  /** Idempotent by its offset, as a call that is tried again needs it. */
  async writeStdin(offset: number, data: Uint8Array): Promise<void> {
    const rest = data.subarray(Math.max(0, this.stdinBytes - offset));
    if (rest.length === 0) return;
    this.stdinBytes += rest.length;
    // Called also where the stream is cut.
    await new Promise<void>((resolve) => this.#stream.write(rest, () => resolve()));
  }

  closeStdin(): void {
    if (!this.isStdinClosed) this.#stream.end();
    this.isStdinClosed = true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true;
    this.#stream.destroy();
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #collect(): Promise<void> {
    const pieces: [StreamName, Buffer][] = [];
    const feed = demultiplexer((name, bytes) => pieces.push([name, bytes]));
    try {
      for await (const chunk of this.#stream) {
        feed(Buffer.from(chunk));
        for (const [name, bytes] of pieces.splice(0)) await this.#spools[name].add(bytes);
      }
    } catch {
      // The stream was cut: what came is all there is.
    }
    for (const spool of Object.values(this.#spools)) spool.end();
  }

  async #watch(): Promise<number> {
    let waitMs = FIRST_LOOK_MS;
    const closed = once(this.#stream, "close").catch(() => {});
    while (true) {
      const { Running, ExitCode } = await this.#exec.inspect();
      if (!Running && ExitCode !== null) {
        this.#isOver = true;
        return ExitCode;
      }
      if (this.#isOver) throw new Error("the sandbox is gone");
      await Promise.race([new Promise((resolve) => setTimeout(resolve, waitMs)), ...(this.#stream.closed ? [] : [closed])]);
      waitMs = Math.min(waitMs * 1.5, LAST_LOOK_MS);
    }
  }
}

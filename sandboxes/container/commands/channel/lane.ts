/**
 * A lane: a shell in the container at the end of one long-lived stream, that runs one command after another.
 *
 * The engine's framing keeps stdout and stderr apart, a random mark on both ends a command. The stream's pipes are
 * inherited by what a command leaves behind, so a lane whose command left something takes no other one (see channel.ts).
 */
import type { Duplex } from "node:stream";
import { MarkScanner, newMark } from "../mark.ts";
import { demultiplexer, type StreamName } from "../stream.ts";
import { stopAfter } from "../../stop.ts";

/** What a lane says at a command's end. */
export interface LaneAnswer {
  text: string;
  /** The children of process 1: those that were orphaned are among them. */
  children: number[];
}

type Emit = (stream: StreamName, bytes: Buffer) => void;

const BOOT_TIMEOUT_MS = 10_000;

/** One shell and its stream. A class: what is running on it, and that it is lost, is its state. */
export class Lane implements Disposable {
  readonly #stream: Duplex;
  readonly #scanners = { stdout: new MarkScanner(), stderr: new MarkScanner() };
  readonly #feed = demultiplexer((name, bytes) => this.#scanners[name].push(bytes));
  /** Ends the wait of what is asked at present. */
  #loseAnswer: () => void = () => {};
  #isLost = false;
  /** Of the shell; 0 until it has said so. */
  pid = 0;
  /** Processes that may hold its pipes, left behind by a command: where there are any it takes no further command. */
  readonly holders = new Set<number>();

  private constructor(stream: Duplex) {
    this.#stream = stream;
    stream.on("data", this.#feed);
    for (const event of ["error", "end", "close"]) stream.on(event, () => this.lose());
    stream.resume();
  }

  /**
   * Makes the shell at the other end of `stream` a lane. `boot` writes its first words, which answer with the process id
   * and what is missing. Resolves with undefined when no shell answers.
   */
  static async open(stream: Duplex, boot: (mark: string) => string): Promise<{ lane: Lane; missing: string } | undefined> {
    const lane = new Lane(stream);
    using timeout = stopAfter(BOOT_TIMEOUT_MS, []);
    timeout.signal.addEventListener("abort", () => lane.lose());
    const mark = newMark();
    const answer = await lane.ask(boot(mark), mark, () => {});
    if (answer === undefined) return undefined;
    const [pid = "", missing = ""] = answer.text.split(/ (.*)/s);
    lane.pid = Number(pid);
    return { lane, missing };
  }

  get isLost(): boolean {
    return this.#isLost;
  }

  get isUsable(): boolean {
    return !this.#isLost && this.holders.size === 0;
  }

  /**
   * Takes no command any more, but stays open for its holders: where its shell ended the engine would close their pipes
   * after a few seconds, and a server that logs to them would die. What they print is dropped.
   */
  retire(): void {
    this.#stream.off("data", this.#feed);
    this.#stream.resume();
  }

  /** Sends a script that ends with `mark`; resolves with what follows it, or with undefined when the lane is lost first. */
  ask(script: string, mark: string, emit: Emit): Promise<LaneAnswer | undefined> {
    return this.#wait(async () => {
      const found = this.#find(mark, emit);
      this.#stream.write(script);
      return readAnswer(await found);
    });
  }

  /** Like {@link ask}, with stdin for the command, which is sent once the shell has printed `ready`. */
  askWithInput(script: string, marks: { ready: string; end: string }, input: Uint8Array, emit: Emit): Promise<LaneAnswer | undefined> {
    return this.#wait(async () => {
      const ready = this.#scanners.stdout.find(marks.ready, () => {});
      this.#stream.write(script);
      await ready;
      const found = this.#find(marks.end, emit);
      this.#stream.write(input);
      return readAnswer(await found);
    });
  }

  /** Ends the wait for an answer: none will come, or none can be trusted to come. */
  lose(): void {
    this.#isLost = true;
    this.#scanners.stdout.flush();
    this.#scanners.stderr.flush();
    this.#loseAnswer();
    this.#stream.destroy();
  }

  /** The shell ends with its input; what a command left behind keeps running. */
  [Symbol.dispose](): void {
    this.lose();
  }

  async #find(mark: string, emit: Emit): Promise<string> {
    const [line] = await Promise.all([
      this.#scanners.stdout.find(mark, (bytes) => emit("stdout", bytes)),
      this.#scanners.stderr.find(mark, (bytes) => emit("stderr", bytes)),
    ]);
    return line;
  }

  #wait(answer: () => Promise<LaneAnswer>): Promise<LaneAnswer | undefined> {
    if (this.#isLost) return Promise.resolve(undefined);
    return new Promise((resolve, reject) => {
      this.#loseAnswer = () => resolve(undefined);
      const settled = (): void => {
        // An idle lane holds nothing of its last command.
        this.#loseAnswer = () => {};
      };
      answer().finally(settled).then(resolve, reject);
    });
  }
}

/** `TEXT;PID PID …` */
function readAnswer(line: string): LaneAnswer {
  const [text = "", children = ""] = line.split(";");
  return { text, children: children.split(" ").filter(Boolean).map(Number) };
}

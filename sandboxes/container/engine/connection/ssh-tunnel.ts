/**
 * The way to an engine's socket on another machine: one process of the user's own `ssh` program, so that their configuration, keys
 * and agent hold, which carries any number of streams at once as forwards of a socket here to the socket there.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { Agent } from "node:http";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Duplex } from "node:stream";
import { inspect } from "node:util";
import type { EngineUrl } from "./address.ts";

export interface SshTunnel extends AsyncDisposable {
  /** Gives each request a stream through the tunnel, which is opened when the first one needs it, and again after it broke. */
  agent: Agent;
  /** What ssh said last before it ended, or when it could not reach the socket there; undefined where it did neither. */
  lastWords(): string | undefined;
}

/** Said there when all is ready here. The session lives as long as its stdin is open, and so ends with this process, however that ends. */
const READY = "assay-tunnel-ready";
const REMOTE_COMMAND = `echo ${READY}; exec cat`;
const OPTIONS = {
  // A question would wait for an answer for ever.
  BatchMode: "yes",
  ConnectTimeout: "20",
  ServerAliveInterval: "10",
  ServerAliveCountMax: "3",
  // A connection that the user shares between sessions would keep the forward after its end.
  ControlPath: "none",
  // Other forwards of the user's configuration may be in use elsewhere.
  ExitOnForwardFailure: "no",
};

/** What ssh says of a stream that it cannot open: nobody listens at the socket there, or the server forwards nothing. */
const FORWARD_FAILED = /^channel \d+: open failed/;

interface Opened {
  socketPath: string;
  end(): Promise<void>;
}

interface Opening {
  /** Ends it, in whatever state it is. */
  signal: AbortSignal;
  onEnd: () => void;
  /** Told the reason of a failure, as ssh says it. */
  onFailure: (words: string) => void;
}

export function sshTunnel(address: EngineUrl & { kind: "ssh" }): SshTunnel {
  let opened: Promise<Opened> | undefined;
  let said: string | undefined;
  const stop = new AbortController();
  const open = (): Promise<Opened> => {
    const opening = (opened ??= startSsh(address, {
      signal: stop.signal,
      onEnd: () => void (opened = undefined),
      onFailure: (words) => void (said = words),
    }));
    opening.catch(() => void (opened = undefined));
    return opening;
  };
  const agent = new TunnelAgent({ keepAlive: true });
  agent.createConnection = (_options, connected) => {
    open()
      .then(({ socketPath }) => connectedSocket(socketPath))
      .then(
        (socket) => connected?.(null, socket),
        // The stream is for the type only: Node.js gives the error to the request.
        (error: unknown) => connected?.(error instanceof Error ? error : new Error(String(error)), new Duplex()),
      );
    return undefined;
  };
  return {
    agent,
    lastWords: () => said,
    async [Symbol.asyncDispose]() {
      const last = opened?.catch(() => undefined);
      stop.abort(new Error("the connection was closed"));
      agent.destroy();
      await (await last)?.end();
    },
  };
}

/** The client words the options of every request in full, for a log that nobody reads: an agent's hundred sockets would take longer than the request. */
class TunnelAgent extends Agent {
  [inspect.custom](): string {
    return "TunnelAgent";
  }
}

/** Resolves when ssh has logged in. */
async function startSsh({ host, user, port, path }: EngineUrl & { kind: "ssh" }, { signal, onEnd, onFailure }: Opening): Promise<Opened> {
  signal.throwIfAborted();
  // Only this user can enter it.
  const folder = await mkdtemp(join(tmpdir(), "assay-ssh-"));
  const socketPath = join(folder, "engine.sock");
  const options = Object.entries(OPTIONS).flatMap(([name, value]) => ["-o", `${name}=${value}`]);
  const login = [...(user === undefined ? [] : ["-l", user]), ...(port === undefined ? [] : ["-p", String(port)])];
  const args = ["-T", ...options, "-L", `${socketPath}:${path}`, ...login, "--", host, REMOTE_COMMAND];
  // In a group of its own: an interrupt at the terminal must leave it there for the removal of sandboxes.
  const child = spawn("ssh", args, { detached: true, stdio: ["pipe", "pipe", "pipe"] });
  tellFailures(child, onFailure);
  const ended = new Promise<void>((resolve) => void child.once("close", () => resolve()));
  const removed = ended.then(async () => {
    onEnd();
    // ssh leaves its socket where it was killed.
    await rm(folder, { recursive: true, force: true });
  });
  try {
    await untilReady(child, signal);
  } catch (error) {
    child.kill();
    await removed;
    throw error;
  }
  release(child);
  return {
    socketPath,
    async end() {
      child.ref();
      child.kill();
      await removed;
    },
  };
}

/** Of all that it says only this is a reason: servers greet, and ssh warns. */
function tellFailures(child: ChildProcess, onFailure: Opening["onFailure"]): void {
  let last: string | undefined;
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    for (const line of text.split("\n").map((each) => each.trim())) {
      if (line === "") continue;
      last = line;
      if (FORWARD_FAILED.test(line)) onFailure(line);
    }
  });
  child.once("error", ({ message }) => (last = message));
  child.once("close", () => {
    if (last !== undefined) onFailure(last);
  });
}

async function untilReady(child: ChildProcess, signal: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let said = "";
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    said += text;
    if (said.includes(READY)) resolve();
  });
  // Nobody listens at the other end: with this code the engine is waited for as any other that does not answer.
  const refuse = (reason: string): void => reject(Object.assign(new Error(reason), { code: "ECONNREFUSED" }));
  child.once("error", (error) => refuse(`the ssh program cannot be started: ${error.message}`));
  child.once("close", (code) => refuse(`ssh ended with ${code}`));
  const giveUp = (): void => reject(signal.reason);
  signal.addEventListener("abort", giveUp, { once: true });
  if (signal.aborted) giveUp();
  try {
    await promise;
  } finally {
    signal.removeEventListener("abort", giveUp);
  }
}

/** From here on it holds no process that has ended its work. */
function release(child: ChildProcess): void {
  child.unref();
  for (const stream of [child.stdin, child.stdout, child.stderr])
    if (stream && "unref" in stream && typeof stream.unref === "function") stream.unref();
}

async function connectedSocket(socketPath: string): Promise<Socket> {
  const socket = connect(socketPath);
  await new Promise<void>((resolve, reject) => {
    socket.once("connect", resolve);
    socket.once("error", reject);
  });
  return socket;
}

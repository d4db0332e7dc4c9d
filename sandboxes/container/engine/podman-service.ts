/** A Podman service of Assay's own, where the machine has Podman and nobody listens for it. */
import { execFile, spawn } from "node:child_process";
import { mkdtemp, open, rm } from "node:fs/promises";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { AssayError } from "../../../src/index.ts";
import { podmanInfoSchema, type PodmanInfo } from "./podman-differences.ts";
import { pause } from "../stop.ts";

export interface PodmanService extends AsyncDisposable {
  /** unix://… */
  readonly address: string;
}

/** A rootless user's first start makes the storage. */
const START_MS = 20_000;
const START_LOOK_MS = 50;
const ANSWER_MS = 5_000;
const STOP_MS = 5_000;

/**
 * The service ends by itself when nobody has been connected to it for 5 s, and then its folder goes: so nothing stays after
 * a kill -9 either. Containers do not belong to it and live on. `trap` keeps the shell until the service has ended.
 */
const SERVICE_SCRIPT = 'trap : TERM; podman system service --time=5 "unix://$1/podman.sock"; rm -rf "$1"';

/** Starts a service on a socket that only this user can reach. Throws `sandbox/unavailable` with Podman's last words. */
export async function startPodmanService(): Promise<PodmanService> {
  const folder = await mkdtemp(join(tmpdir(), "assay-podman-"));
  const socketPath = join(folder, "podman.sock");
  const log = await open(join(folder, "log"), "w+");
  // In its own folder: Podman leaves a file "oom" where its service was started when a container uses up its memory.
  // In a group of its own: an interrupt at the terminal must leave it there for the removal of sandboxes.
  const child = spawn("sh", ["-c", SERVICE_SCRIPT, "sh", folder], { cwd: folder, detached: true, stdio: ["ignore", log.fd, log.fd] });
  child.unref();
  const ended = new AbortController();
  child.once("error", () => ended.abort());
  child.once("exit", () => ended.abort());
  const stop = async (): Promise<void> => {
    if (child.pid !== undefined && !ended.signal.aborted) endGroup(child.pid);
    child.ref();
    await pause(STOP_MS, [ended.signal]);
    await rm(folder, { recursive: true, force: true });
  };
  try {
    for (const startedAt = performance.now(); performance.now() - startedAt < START_MS && !ended.signal.aborted;) {
      const connection = await stayConnected(socketPath);
      if (connection) {
        return {
          address: `unix://${socketPath}`,
          async [Symbol.asyncDispose]() {
            connection[Symbol.dispose]();
            await stop();
          },
        };
      }
      await pause(START_LOOK_MS, [ended.signal]);
    }
    const said = (await log.readFile("utf8")).trim().split("\n").at(-1) ?? "";
    await stop();
    throw new AssayError("sandbox/unavailable", `Podman's service did not start: ${said.slice(0, 300) || "it said nothing"}`, {
      hint: "Try `podman info`, or run with --sandbox embedded.",
    });
  } finally {
    await log.close();
  }
}

function endGroup(pid: number): void {
  try {
    process.kill(-pid, "SIGTERM");
  } catch {
    // It has ended by itself since.
  }
}

/** A request for events is never answered to its end: while it is open, the service knows that somebody needs it. */
async function stayConnected(socketPath: string): Promise<Disposable | undefined> {
  return new Promise((resolve) => {
    const events = request({ socketPath, path: "/events", agent: false }, (answer) => {
      answer.resume();
      answer.on("error", () => {});
      events.setTimeout(0);
      // From here on it holds no process that has ended its work.
      answer.socket.unref();
      resolve({ [Symbol.dispose]: () => void events.destroy() });
    });
    events.on("error", () => resolve(undefined));
    // One that takes connections but does not answer is not there yet.
    events.setTimeout(ANSWER_MS, () => events.destroy(new Error("no answer")));
    events.end();
  });
}

/** A rootless user's first call makes the storage. */
const INFO_TIMEOUT_MS = 20_000;

/** What the `podman` program of this user says of itself; undefined where there is none that works. */
export async function installedPodman(timeoutMs = INFO_TIMEOUT_MS): Promise<PodmanInfo | undefined> {
  try {
    const { stdout } = await promisify(execFile)("podman", ["info", "--format", "json"], { timeout: Math.max(1, Math.ceil(timeoutMs)) });
    return podmanInfoSchema.parse(JSON.parse(stdout));
  } catch {
    return undefined;
  }
}

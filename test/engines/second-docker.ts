/** A Docker Engine of a test's own beside the machine's: one that may be killed and started again. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";

export interface SecondDocker extends AsyncDisposable {
  /** For DOCKER_HOST. */
  address: string;
  docker(...args: string[]): Promise<string>;
  /** As a crash does it: no word to anybody. */
  kill(): Promise<void>;
  start(): Promise<void>;
}

const ANSWER_MS = 60_000;

/** Why there can be no second engine here; undefined where there can. ASSAY_REQUIRE_ENGINES=1 makes it an error. */
export async function whyNoSecondDocker(): Promise<string | undefined> {
  const reason = await obstacle();
  if (reason === undefined) return undefined;
  const message = `${reason} The tests of a daemon that dies need a second one: run them as root with dockerd and ip installed.`;
  if (process.env["ASSAY_REQUIRE_ENGINES"] === "1") throw new Error(message);
  console.warn(`SKIPPED: ${message} (ASSAY_REQUIRE_ENGINES=1 makes this a failure.)`);
  return message;
}

async function obstacle(): Promise<string | undefined> {
  if (process.getuid?.() !== 0) return "This user is not root.";
  for (const program of ["dockerd", "ip"]) {
    const { failed } = await execa("which", [program], { reject: false });
    if (failed) return `There is no ${program}.`;
  }
  return undefined;
}

/**
 * Starts it with copies of `images` of the machine's own engine, and with further options for dockerd. Needs a bridge of its own:
 * without one it would take the other's away.
 */
export async function secondDocker(images: readonly string[], options: readonly string[] = []): Promise<SecondDocker> {
  const folder = await mkdtemp(join(tmpdir(), "assay-dockerd-"));
  const bridge = `assay${process.pid % 100_000}`;
  const address = `unix://${join(folder, "docker.sock")}`;
  await execa("ip", ["link", "add", bridge, "type", "bridge"]);
  await execa("ip", ["addr", "add", `10.213.${process.pid % 250}.1/24`, "dev", bridge]);
  await execa("ip", ["link", "set", bridge, "up"]);
  const docker = async (...args: string[]): Promise<string> => (await execa("docker", ["-H", address, ...args])).stdout;
  let daemon: ChildProcess | undefined;
  const start = async (): Promise<void> => {
    daemon = startDaemon(folder, ["-H", address, "--bridge", bridge, ...options]);
    await answering(daemon, address);
  };
  const kill = async (): Promise<void> => {
    if (daemon === undefined || daemon.exitCode !== null || daemon.signalCode !== null) return;
    const ended = once(daemon, "exit");
    daemon.kill("SIGKILL");
    await ended;
    await killContainerd(folder);
  };
  const close = async (): Promise<void> => {
    if (daemon && daemon.exitCode === null && daemon.signalCode === null) {
      const ended = once(daemon, "exit");
      daemon.kill("SIGTERM");
      await ended;
    }
    await execa("ip", ["link", "del", bridge], { reject: false });
    // The daemon mounts its folder onto itself.
    await execa("umount", ["--lazy", join(folder, "data")], { reject: false });
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    await start();
    for (const image of images) await execa(`docker save ${image} | docker -H ${address} load`, { shell: true });
  } catch (error) {
    await close();
    throw error;
  }
  return { address, docker, kill, start, [Symbol.asyncDispose]: close };
}

function startDaemon(folder: string, more: readonly string[]): ChildProcess {
  const own = { "data-root": "data", "exec-root": "exec", pidfile: "docker.pid" };
  const paths = Object.entries(own).flatMap(([name, path]) => [`--${name}`, join(folder, path)]);
  return spawn("dockerd", [...paths, ...more, "--iptables=false"], { stdio: "ignore" });
}

/** Its containerd would live on for a while, and hold what the next daemon needs. */
async function killContainerd(folder: string): Promise<void> {
  const file = join(folder, "exec/containerd/containerd.pid");
  const pid = Number(await readFile(file, "utf8").catch(() => ""));
  if (pid > 1) process.kill(pid, "SIGKILL");
  // The next daemon would wait for that one as long as it is not quite gone.
  await rm(file, { force: true });
  await rm(join(folder, "docker.pid"), { force: true });
}

async function answering(daemon: ChildProcess, address: string): Promise<void> {
  for (let waitedMs = 0; waitedMs < ANSWER_MS; waitedMs += 100) {
    if (daemon.exitCode !== null) throw new Error(`dockerd ended with ${daemon.exitCode}.`);
    const { failed } = await execa("docker", ["-H", address, "version"], { reject: false });
    if (!failed) return;
    await sleep(100);
  }
  throw new Error(`dockerd does not answer at ${address}.`);
}

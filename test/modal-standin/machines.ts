/** Sandboxes of the stand-in: a container of the local Docker each, with Modal's rules for how one ends. */
import { randomBytes } from "node:crypto";
import type Docker from "dockerode";
import type { Container } from "dockerode";
import type { Network } from "./protocol.ts";
import { RunningExec, type ExecRequest } from "./execs.ts";

/** Which stand-in a container belongs to. */
const LABEL = "assay.modal-standin";
const MIB = 1024 * 1024;
/** Modal promises no such limit; this one keeps a bomb from the machine that runs the tests. */
const PIDS = 1536;
/** A logical CPU of Docker is half a core of Modal's. */
const NANO_CPUS_PER_MILLI_CORE = 2_000_000;

/** As modal.client.GenericResult has it. */
export const STATUS = { success: 1, failure: 2, terminated: 3, timeout: 4 } as const;

export interface MachineRequest {
  image: string;
  command: readonly string[];
  timeoutSecs: number;
  env: Record<string, string>;
  tags: Record<string, string>;
  network: Network;
  milliCpuMax: number | undefined;
  memoryMbMax: number | undefined;
}

export class Machine {
  readonly id = `sb-${randomBytes(8).toString("hex")}-standin`;
  readonly taskId = `ta-${randomBytes(8).toString("hex")}`;
  readonly createdAt = Date.now() / 1000;
  readonly container: Container;
  readonly timeoutSecs: number;
  readonly network: Network;
  tags: Record<string, string>;
  readonly execs = new Map<string, RunningExec>();
  /** How it ended; undefined while it runs. */
  ended: { status: number; exitcode: number } | undefined;
  readonly #lifetime: NodeJS.Timeout;

  private constructor(container: Container, { tags, timeoutSecs, network }: MachineRequest) {
    this.container = container;
    this.tags = tags;
    this.timeoutSecs = timeoutSecs;
    this.network = network;
    this.#lifetime = setTimeout(() => void this.end(STATUS.timeout), timeoutSecs * 1000);
  }

  static async start(docker: Docker, owner: string, request: MachineRequest): Promise<Machine> {
    const container = await docker.createContainer({
      Image: request.image,
      Hostname: "sandbox",
      Entrypoint: [""],
      Cmd: [...(request.command.length > 0 ? request.command : ["sleep", "infinity"])],
      User: "0",
      Env: Object.entries(request.env).map(([name, value]) => `${name}=${value}`),
      Labels: { [LABEL]: owner },
      StopSignal: "SIGKILL",
      HostConfig: {
        NetworkMode: request.network === "open" ? "bridge" : "none",
        PidsLimit: PIDS,
        LogConfig: { Type: "none", Config: {} },
        ...(request.milliCpuMax !== undefined && { NanoCpus: request.milliCpuMax * NANO_CPUS_PER_MILLI_CORE }),
        ...(request.memoryMbMax !== undefined && { Memory: request.memoryMbMax * MIB, MemorySwap: request.memoryMbMax * MIB }),
      },
    });
    await container.start();
    return new Machine(container, request);
  }

  /** Starts a command, once for each id however often it is asked for. */
  async exec(id: string, request: ExecRequest): Promise<void> {
    if (this.execs.has(id)) return;
    this.execs.set(id, await RunningExec.start(this.container, request));
  }

  async end(status: number): Promise<void> {
    clearTimeout(this.#lifetime);
    this.ended ??= { status, exitcode: status === STATUS.success ? 0 : 1 };
    await Promise.all([...this.execs.values()].map((exec) => exec[Symbol.asyncDispose]()));
    await this.container.remove({ force: true, v: true }).catch(() => {});
  }

  /** Notices a container that somebody else ended. */
  async look(): Promise<void> {
    if (this.ended) return;
    const isRunning = await this.container.inspect().then(
      ({ State }) => State.Running,
      () => false,
    );
    if (!isRunning) await this.end(STATUS.failure);
  }
}

/** Removes the containers of stand-ins that are not there any more: what a killed one left. */
export async function sweep(docker: Docker): Promise<void> {
  for (const { Id, Labels } of await docker.listContainers({ all: true, filters: { label: [LABEL] } })) {
    if (!isAlive(Number(Labels[LABEL])))
      await docker
        .getContainer(Id)
        .remove({ force: true, v: true })
        .catch(() => {});
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

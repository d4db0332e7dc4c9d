/** Creates a sandbox in Modal with the limits of a spec, changes to its user, and ends it again whatever fails on the way. */
import { AssayError, DEFAULTS, type SandboxSpec, type StartOptions } from "../../src/index.ts";
import { DEFAULT_HOME, DEFAULT_USER } from "../container/start/default-user.ts";
import { IDLE_LOOP, REPORT_SCRIPT } from "../container/start/first-process.ts";
import { parseReport, type ContainerReport } from "../container/start/parse-report.ts";
import { CPUS_PER_CORE } from "./cost.ts";
import { modalError, within } from "./errors.ts";
import type { ModalImage } from "./image.ts";
import { knownUsers, type Users } from "./known-users.ts";
import { modalMachine, type Machine } from "./machine.ts";
import { modalNetwork } from "./network.ts";
import { runPlain } from "./plain-run.ts";
import type { Modal } from "./sdk.ts";
import { ownerTags } from "./tags.ts";
import { cannotSwitch, SWITCHES, type Switch } from "./users.ts";
import { ownScript, SHELL } from "../container/system-shell.ts";

export interface StartedMachine {
  machine: Machine;
  users: Users;
  user: string;
  /** Of the user, as the image has it or as it is made. */
  home: string;
  report: ContainerReport;
  how: Switch;
  lifetimeMs: number;
  /** By `performance.now()`. */
  startedAt: number;
}

export interface StartParts {
  client: Modal.ModalClient;
  app: Modal.App;
  image: ModalImage;
  /** Does what creates a sandbox in its turn. */
  limited: <T>(create: () => Promise<T>, options: { signal?: AbortSignal | undefined; onWait: () => void }) => Promise<T>;
  /** How users are changed in each image, as far as it is known. */
  switches: Map<string, Switch>;
  /** Told of a sandbox that comes after nobody waits for it any more, and of its end. */
  onLate: (end: Promise<void>) => void;
  /** Told of a sandbox that could not be ended. */
  onLeft: (machine: Machine) => void;
}

const CREATE_MS = 3 * 60_000;
const LOOK_MS = 60_000;
/** For scoring after the agent's time, and for what a start and an end take. */
const MARGIN_MS = 30 * 60_000;
/** Modal's own bound. */
const LONGEST_MS = 24 * 3_600_000;
const LEAST_CORES = 0.125;

export async function startMachine(parts: StartParts, spec: SandboxSpec, options: StartOptions): Promise<StartedMachine> {
  const lifetimeMs = Math.min(LONGEST_MS, Math.ceil(((options.lifetimeMs ?? DEFAULTS.agentTimeMs) + MARGIN_MS) / 1000) * 1000);
  const sandbox = await create(parts, spec, options, lifetimeMs);
  const machine = modalMachine(sandbox);
  const startedAt = performance.now();
  try {
    options.signal?.throwIfAborted();
    const user = spec.user ?? DEFAULT_USER;
    const home = spec.user === undefined ? DEFAULT_HOME : undefined;
    const found = await findSwitch({ machine, spec, user, home, image: parts.image, switches: parts.switches });
    options.signal?.throwIfAborted();
    await makeFolders(machine, spec, home, found.report);
    options.signal?.throwIfAborted();
    return { machine, user, lifetimeMs, startedAt, ...found };
  } catch (error) {
    machine.end();
    await machine.terminate().catch(() => parts.onLeft(machine));
    options.signal?.throwIfAborted();
    throw error;
  }
}

/** A sandbox that comes after its time is ended as soon as it is there. */
async function create(
  parts: StartParts,
  spec: SandboxSpec,
  { owner, signal, onProgress }: StartOptions,
  timeoutMs: number,
): Promise<Modal.Sandbox> {
  const cores = Math.max(LEAST_CORES, spec.cpus / CPUS_PER_CORE);
  const asked: Modal.SandboxCreateParams = {
    command: [SHELL, "-c", IDLE_LOOP, "sh", IDLE_LOOP],
    timeoutMs,
    ...modalNetwork(spec.network),
    cpu: cores,
    cpuLimit: cores,
    memoryMiB: spec.memoryMiB,
    memoryLimitMiB: spec.memoryMiB,
    tags: await ownerTags(owner),
  };
  const createOnce = async (): Promise<Modal.Sandbox> => {
    const created = parts.client.sandboxes.create(parts.app, parts.image.built, asked);
    try {
      return await within(CREATE_MS, "the start of a sandbox", created, signal);
    } catch (error) {
      parts.onLate(
        created.then((late) => {
          const machine = modalMachine(late);
          return machine.terminate().catch(() => parts.onLeft(machine));
        }),
      );
      throw error;
    }
  };
  try {
    return await parts.limited(createOnce, {
      signal,
      onWait: () => onProgress?.("Waiting for Modal, which has no room for another sandbox yet …"),
    });
  } catch (error) {
    signal?.throwIfAborted();
    throw modalError("the start of a sandbox", error);
  }
}

interface SwitchSearch {
  machine: Machine;
  spec: SandboxSpec;
  user: string;
  home: string | undefined;
  image: ModalImage;
  switches: Map<string, Switch>;
}

/** The first way to the user that leads there, by what its process says of itself. */
async function findSwitch({ machine, spec, user, home, image, switches }: SwitchSearch) {
  const key = `${image.built.imageId} ${user}`;
  const known = switches.get(key);
  for (const how of known === undefined ? SWITCHES : [known]) {
    const users = knownUsers(machine, { how, keepsRights: spec.capabilities === "default" });
    const identity = await users.find(user);
    if (!identity) {
      throw new AssayError("sandbox/failed", `Modal could not start a sandbox from ${image.name}: unable to find user ${user}.`, {
        hint: "Name a user of the image, or a number.",
      });
    }
    const argv = await users.as(user, [SHELL, "-c", REPORT_SCRIPT, "sh", spec.workdir, home ?? "/", "", ""]);
    const { stdout, exitCode } = await runPlain(machine, { argv, timeoutMs: LOOK_MS });
    if (exitCode !== 0) continue;
    const report = parseReport(Buffer.from(stdout).toString("latin1"));
    if (report.uid !== identity.uid || report.gid !== identity.gid) continue;
    switches.set(key, how);
    return { users, report, how, home: home ?? identity.home };
  }
  throw cannotSwitch(image.name);
}

/** Makes what is missing, and gives what the user may not write to it; `$1` is who gets them. */
const MAKE_FOLDERS =
  'owner=$1; shift; for folder; do mkdir -p -- "$folder" && chown "$owner" "$folder" && chmod 755 "$folder" || exit; done';

async function makeFolders(machine: Machine, spec: SandboxSpec, home: string | undefined, report: ContainerReport): Promise<void> {
  const own = [...(report.isWorkdirWritable ? [] : [spec.workdir]), ...(home === undefined || report.isHomeWritable ? [] : [home])];
  if (own.length === 0) return;
  const argv = ownScript(MAKE_FOLDERS, [`${report.uid}:${report.gid}`, ...own]);
  const { exitCode, stderr } = await runPlain(machine, { argv, timeoutMs: LOOK_MS });
  if (exitCode === 0) return;
  throw new AssayError(
    "sandbox/failed",
    `The folders of a sandbox in Modal could not be made: ${Buffer.from(stderr).toString().trim().slice(0, 200)}`,
  );
}

/** Starts a container whose image has no shell: its own command is the first process, and the engine says what holds for it. */
import { buffer } from "node:stream/consumers";
import { Readable } from "node:stream";
import type { Container } from "dockerode";
import { extract } from "tar-stream";
import { AssayError, type SandboxSpec } from "../../../src/index.ts";
import { engineStatus, oneLine } from "../engine/engine.ts";
import type { PreparedImage } from "../image/image.ts";
import type { ContainerReport } from "./parse-report.ts";
import { pause } from "../stop.ts";

/** A command that ends does so at once; one that is still there after this stays. */
const STAYS_MS = 300;
const MIB = 1024 * 1024;

type Inspected = Awaited<ReturnType<Container["inspect"]>>;

export async function startPlain(
  container: Container,
  spec: SandboxSpec,
  { image }: PreparedImage,
): Promise<{ report: ContainerReport; stream: undefined }> {
  await startOwnCommand(container, image);
  return { report: await reportOf(container, await container.inspect(), spec), stream: undefined };
}

/** Throws `sandbox/image` when the image's own command does not stay: nothing could be run beside it. */
export async function startOwnCommand(container: Container, image: string): Promise<void> {
  try {
    await container.start();
  } catch (error) {
    throw cannotStay(image, `its own command cannot be started: ${oneLine(error)}`, error);
  }
  await pause(STAYS_MS, []);
  const { State } = await container.inspect();
  if (!State.Running) throw cannotStay(image, `its own command ends at once, with ${State.ExitCode}`);
}

/** The engine refuses to make a container of an image without any command. */
export function hasNoCommand(image: string, cause: unknown): AssayError {
  return cannotStay(image, `no container can be made of it: ${oneLine(cause)}`, cause);
}

function cannotStay(image: string, reason: string, cause?: unknown): AssayError {
  return new AssayError("sandbox/image", `Image "${image}" has no shell (sh), and ${reason.replace(/\.?$/, ".")}`, {
    hint: "Use an image with /bin/sh, or give this one a command that stays: CMD in its Dockerfile.",
    cause,
  });
}

/** What the engine says that it applied; the folders are taken for not writable, and are made. */
async function reportOf(container: Container, { Config, HostConfig }: Inspected, spec: SandboxSpec): Promise<ContainerReport> {
  const { uid, gid } = await userOf(container, Config.User);
  const hasMounts = spec.shmMiB !== undefined || spec.readOnlyRoot;
  return {
    uid,
    gid,
    hasCapabilities: uid === 0 && !HostConfig.CapDrop?.includes("ALL"),
    hasNoNewPrivileges: HostConfig.SecurityOpt?.some((option: string) => option.startsWith("no-new-privileges")) ?? false,
    hasSeccomp: null,
    memoryMiB: HostConfig.Memory ? HostConfig.Memory / MIB : null,
    pids: HostConfig.PidsLimit && HostConfig.PidsLimit > 0 ? HostConfig.PidsLimit : null,
    cpus: HostConfig.NanoCpus ? HostConfig.NanoCpus / 1e9 : null,
    diskMiB: null,
    hasNetwork: HostConfig.NetworkMode === undefined ? null : HostConfig.NetworkMode !== "none",
    isWorkdirWritable: false,
    isHomeWritable: false,
    mounts: hasMounts
      ? {
          "/": { isReadOnly: HostConfig.ReadonlyRootfs ?? false, sizeMiB: null },
          "/dev/shm": { isReadOnly: false, sizeMiB: HostConfig.ShmSize ? HostConfig.ShmSize / MIB : null },
        }
      : {},
    path: [],
    ulimits: Object.fromEntries((HostConfig.Ulimits ?? []).map(({ Name, Hard }) => [Name ?? "", Hard ?? null])),
  };
}

/** A user by number, or as the image's own files name it. */
async function userOf(container: Container, user: string): Promise<{ uid: number; gid: number }> {
  const [name = "", group] = user.split(":");
  const accounts = await readTable(container, "/etc/passwd");
  const account = accounts.find(([title, , uid]) => title === name || uid === name);
  const uid = Number(/^\d+$/.test(name) ? name : account?.[2]);
  if (group === undefined || /^\d+$/.test(group)) return { uid, gid: Number(group ?? account?.[3] ?? 0) };
  const groups = await readTable(container, "/etc/group");
  return { uid, gid: Number(groups.find(([title]) => title === group)?.[2]) };
}

/** The lines of a file like /etc/passwd; none where there is no such file. */
async function readTable(container: Container, path: string): Promise<string[][]> {
  try {
    const archive = await buffer(await container.getArchive({ path }));
    for await (const entry of Readable.from([archive]).pipe(extract())) {
      const text = (await buffer(entry)).toString();
      return text.split("\n").map((line) => line.split(":"));
    }
    return [];
  } catch (error) {
    if (engineStatus(error) === 404) return [];
    throw error;
  }
}

/**
 * The folders of a container that are not its image's: in memory with a size, or on disk below a root that is read-only.
 *
 * All are volumes without a name of the engine's local driver, which go with their container. A tmpfs of the container's
 * own would be hidden from the archive API, and so from uploads and downloads.
 */
import type { MountSettings } from "dockerode";
import type { SandboxSpec } from "../../../src/index.ts";

/** How `diskMiB` is held: by the storage driver for the whole container, or by a work folder that is in memory. */
export type DiskLimit = "quota" | "tmpfs";

export interface OwnMount {
  path: string;
  /** In memory, with this size; else on disk. */
  sizeMiB?: number;
  /** Whether what the image has there is to be there, too. */
  keepsContent: boolean;
  /** Of a folder in memory, when it is new. */
  mode: "755" | "1777";
}

/** What is mounted for a spec; `home` is where the user's home folder is made, if it is. */
export function ownMounts(spec: SandboxSpec, home: string | undefined, disk: DiskLimit | undefined): OwnMount[] {
  const mounts: OwnMount[] = Object.entries(spec.tmpfs).map(([path, sizeMiB]) => ({ path, sizeMiB, keepsContent: false, mode: "1777" }));
  const add = (path: string, mode: OwnMount["mode"]): void => {
    if (mounts.some((mount) => mount.path === path)) return;
    mounts.push({ path, ...(disk === "tmpfs" && spec.diskMiB !== undefined && { sizeMiB: spec.diskMiB }), keepsContent: true, mode });
  };
  if (spec.readOnlyRoot || disk === "tmpfs") add(spec.workdir, "755");
  if (spec.readOnlyRoot && home !== undefined) add(home, "755");
  if (spec.readOnlyRoot) add("/tmp", "1777");
  return mounts;
}

export function mountSettings({ path, sizeMiB, mode }: OwnMount): MountSettings {
  const options: Record<string, string> =
    sizeMiB === undefined ? {} : { type: "tmpfs", device: "tmpfs", o: `size=${sizeMiB}m,mode=${mode},nosuid,nodev` };
  return {
    Type: "volume",
    Source: "",
    Target: path,
    VolumeOptions: { NoCopy: sizeMiB !== undefined, Labels: {}, DriverConfig: { Name: "local", Options: options } },
  };
}

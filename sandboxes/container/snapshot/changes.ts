/** What an engine says has changed in a container's root since its image. */
import type { Container } from "dockerode";
import { z } from "zod";

export interface Changes {
  /** The paths that the image has and the container has not, or has something new in the place of. */
  deleted: string[];
  /** Whether a path of the container's root, in the bytes of its name, is not as the image has it. */
  isChanged(path: string): boolean;
}

const changesSchema = z.array(z.object({ Path: z.string(), Kind: z.number() })).nullable();
const ADDED = 1;
const DELETED = 2;

/** What the engine puts into every container, and what is not its root's. */
const NOT_ITS_OWN = [
  "/dev",
  "/proc",
  "/sys",
  "/.verifier",
  "/.verifier-work",
  "/.dockerenv",
  "/run/.containerenv",
  "/run/secrets",
  "/etc/hosts",
  "/etc/hostname",
  "/etc/resolv.conf",
  "/etc/mtab",
];

/** `mounts` are other folders that are not its root's. */
export async function readChanges(container: Container, mounts: readonly string[]): Promise<Changes> {
  const changes = changesSchema.parse(await container.changes()) ?? [];
  const others = new Set([...NOT_ITS_OWN, ...mounts].map(asTold));
  const own = changes.map(({ Path, Kind }) => ({ path: asTold(Path), Kind })).filter(({ path }) => !isBelow(path, others));
  const touched = new Set(own.map(({ path }) => path));
  // A folder that was made anew is told as deleted by some engines, and what is in it as added.
  const whole = new Set(own.filter(({ Kind }) => Kind === ADDED || Kind === DELETED).map(({ path }) => path));
  const deleted = own.filter(({ Kind }) => Kind === DELETED).map(({ path }) => path);
  const unclear = deleted.find((path) => path.includes(NO_TEXT));
  if (unclear !== undefined) throw new Error(`a file that was deleted has a name that is not UTF-8: ${unclear}`);
  return {
    deleted,
    isChanged(bytes) {
      const path = asTold(Buffer.from(bytes, "latin1").toString());
      return !isBelow(path, others) && (touched.has(path) || isBelow(path, whole));
    },
  };
}

const NO_TEXT = "\uFFFD";

/** Of a name that is not UTF-8 the engine tells only that: how many characters stand for its bytes differs. */
function asTold(path: string): string {
  return path.replaceAll(/\uFFFD+/g, NO_TEXT);
}

/** Whether a path is one of these or below one. */
function isBelow(path: string, folders: ReadonlySet<string>): boolean {
  for (let end = path.length; end > 0; end = path.lastIndexOf("/", end - 1)) if (folders.has(path.slice(0, end))) return true;
  return false;
}

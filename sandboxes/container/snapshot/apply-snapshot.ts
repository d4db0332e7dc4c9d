/** Puts a snapshot into a container that was just started from the same image: first its deletions, then its archive. */
import { posix } from "node:path";
import { Readable } from "node:stream";
import type { Container } from "dockerode";
import { AssayError, type SnapshotArchive } from "../../../src/index.ts";
import { runByEngine } from "../commands/direct-exec.ts";
import { withHelperContainer } from "../engine/helper-container.ts";
import type { FolderRequest } from "../start/folders.ts";
import { refuseWaysByLinks } from "./refuse-ways-by-links.ts";
import { snapshotError } from "./snapshot-error.ts";
import { paddingOf, TAR_END, tarEntries, tarHeader } from "./tar-entries.ts";
import { SHELL } from "../system-shell.ts";

export interface ApplyTarget extends FolderRequest {
  hasShell: boolean;
}

export async function applySnapshot(target: ApplyTarget, snapshot: SnapshotArchive): Promise<void> {
  try {
    await deletePaths(target, snapshot);
    await putArchive(target, snapshot.tar);
  } catch (error) {
    throw snapshotError(target.engine, "put into a sandbox", error);
  }
}

const EMPTY = 'for folder; do rm -rf -- "$folder"/* "$folder"/.[!.]* "$folder"/..?*; done 2>/dev/null; exit 0';
const DELETE = 'rm -rf -- "$@" 2>/dev/null; for path; do { [ -e "$path" ] || [ -h "$path" ]; } && exit 1; done; exit 0';
const TIMEOUT_MS = 120_000;
/** A command line holds 128 KiB at least; a path 4 KiB at most. */
const PATHS_AT_ONCE = 25;

/** By root, who has no rights here but its own, then by the sandbox's user: whoever deleted them then may do so now. */
async function deletePaths({ container, hasShell, uid, gid }: ApplyTarget, { deleted, replaced }: SnapshotArchive): Promise<void> {
  if (deleted.length + replaced.length === 0) return;
  if (!hasShell) throw new AssayError("sandbox/snapshot", "The snapshot has deletions, for which its image needs a shell (sh).");
  const run = async (user: string, script: string, paths: readonly string[]): Promise<boolean> => {
    const command = { argv: [SHELL, "-c", script, "sh", ...paths], user, timeoutMs: TIMEOUT_MS, kill: async () => {} };
    return (await runByEngine(container, command)).exitCode === 0;
  };
  const users = ["0:0", `${uid}:${gid}`];
  for (const user of users) if (replaced.length > 0) await run(user, EMPTY, replaced);
  for (let from = 0; from < deleted.length; from += PATHS_AT_ONCE) {
    const paths = deleted.slice(from, from + PATHS_AT_ONCE);
    const [byRoot, byUser] = users;
    if ((await run(byRoot ?? "", DELETE, paths)) || (await run(byUser ?? "", DELETE, paths))) continue;
    throw new Error(`not all of ${paths.length} paths, ${paths[0]} being the first, could be deleted`);
  }
}

/** Nothing can be put into a root that is read-only; another container shows the same volumes below one that is not. */
async function putArchive({ engine, container, imageId, labels, isRootReadOnly }: ApplyTarget, tar: SnapshotArchive["tar"]): Promise<void> {
  if (!isRootReadOnly || engine.differences.archivesReachMounts) return putInto(container, tar);
  const options = { Entrypoint: ["sh"], HostConfig: { VolumesFrom: [container.id] } };
  await withHelperContainer(engine, { purpose: "snapshot", imageId, labels, options }, (second) => putInto(second, tar));
}

/** A request whose body fails on the way is not ended by dockerode. */
async function putInto(container: Container, tar: SnapshotArchive["tar"]): Promise<void> {
  const failure = new AbortController();
  const body = async function* (): AsyncGenerator<Uint8Array> {
    try {
      yield* harmless(tar);
    } catch (error) {
      failure.abort(error);
    }
  };
  try {
    await container.putArchive(Readable.from(body()), { path: "/", abortSignal: failure.signal });
  } catch (error) {
    failure.signal.throwIfAborted();
    throw error;
  }
}

/** The archive again: no name leads out of it, and no device that an agent's root made is made by the engine, with its rights. */
async function* harmless(tar: SnapshotArchive["tar"]): AsyncGenerator<Uint8Array> {
  for await (const { header, content } of refuseWaysByLinks(tarEntries(tar))) {
    if (header.kind === "device" || header.kind === "other") continue;
    yield tarHeader(header, inside(header.path), { target: inside(header.target) });
    yield* content;
    yield Buffer.alloc(paddingOf(header.sizeBytes));
  }
  yield TAR_END;
}

function inside(name: string): string {
  return posix.relative("/", posix.resolve("/", name)) || ".";
}

/**
 * One writer at a time: a lock file names the owner; its modification time is the owner's lease, renewed every few seconds.
 * The lock is made by `link`, which exactly one of two racing processes wins.
 */
import { randomUUID } from "node:crypto";
import { constants, copyFile, link, readdir, readFile, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { AssayError } from "../core/errors.ts";
import { isRunning, ownIdentity, processIdentitySchema } from "./process-identity.ts";

/** Ends the file that a process links to the lock's name. */
const CLAIM_SUFFIX = ".claim";
/** File systems that have no hard links answer so. */
const NO_LINKS = ["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS"];
const RENEW_MS = 5_000;
/** An owner on another machine is dead when its lease is this old. */
const LEASE_MS = 60_000;
/** Taking over takes a few milliseconds; a guard this old was left by a crash. */
const GUARD_MS = 10_000;
const RETRIES = 20;

const lockSchema = processIdentitySchema.extend({ token: z.string() });
type Lock = z.output<typeof lockSchema>;

export interface RunLock {
  /** The dead owner whose lock was taken over, in words. */
  takenOverFrom?: string;
  /** Lets the next writer in. */
  release(): Promise<void>;
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}

/** The lock's content; null where there is none, undefined where it is not readable as one. */
async function readLock(file: string): Promise<Lock | null | undefined> {
  try {
    return lockSchema.parse(JSON.parse(await readFile(file, "utf8")));
  } catch (error) {
    if (isCode(error, "ENOENT")) return null;
    if (error instanceof z.ZodError || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

async function ageMs(file: string): Promise<number> {
  try {
    return Date.now() - (await stat(file)).mtimeMs;
  } catch {
    return Infinity;
  }
}

async function isAlive(file: string, lock: Lock | undefined): Promise<boolean> {
  const running = lock && (await isRunning(lock));
  return running ?? (await ageMs(file)) < LEASE_MS;
}

/** The lock of a run folder. */
export function runLockFile(runPath: string): string {
  return join(runPath, "run.lock");
}

/** Whether a living process writes the run folder. */
export async function isOwnerAlive(runPath: string): Promise<boolean> {
  return isLockHeld(runLockFile(runPath));
}

/** Whether a living process holds a lock. */
export async function isLockHeld(file: string): Promise<boolean> {
  const lock = await readLock(file);
  return lock !== null && isAlive(file, lock);
}

function ownerOf(lock: Lock | undefined): string {
  return lock === undefined ? "an unknown process" : `process ${lock.pid} on ${lock.host}`;
}

async function linkNew(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if (isCode(error, "EEXIST")) return false;
    if (NO_LINKS.some((code) => isCode(error, code))) return copyNew(from, to);
    throw error;
  }
}

async function copyNew(from: string, to: string): Promise<boolean> {
  try {
    await copyFile(from, to, constants.COPYFILE_EXCL);
    return true;
  } catch (error) {
    if (isCode(error, "EEXIST")) return false;
    throw error;
  }
}

/** Removes the claims of processes that died while they tried. */
async function removeOldClaims(file: string): Promise<void> {
  const folder = dirname(file);
  for (const name of await readdir(folder)) {
    const isClaim = name.startsWith(`${basename(file)}.`) && name.endsWith(CLAIM_SUFFIX);
    if (isClaim && (await ageMs(join(folder, name))) > LEASE_MS) await rm(join(folder, name), { force: true });
  }
}

/** Replaces a dead owner's lock under a guard; false where another process was faster. */
async function takeOver(file: string, own: string): Promise<boolean> {
  const guard = `${file}.takeover`;
  if (!(await linkNew(own, guard))) {
    if ((await ageMs(guard)) > GUARD_MS) await rm(guard, { force: true });
    return false;
  }
  try {
    const lock = await readLock(file);
    if (lock === null) return await linkNew(own, file);
    if (await isAlive(file, lock)) return false;
    // In one step: were the lock gone for a moment, another process could make it and not know that it took a run over.
    await rename(own, file);
    return true;
  } finally {
    await rm(guard, { force: true });
  }
}

async function tryAcquire(file: string, own: string): Promise<{ isOwned: boolean; from?: string }> {
  if (await linkNew(own, file)) return { isOwned: true };
  const lock = await readLock(file);
  if (lock === null) return { isOwned: false };
  if (await isAlive(file, lock)) {
    throw new AssayError("run/locked", `The run is being written by ${ownerOf(lock)}.`, {
      hint: "Wait until it ends or stop it, then try again.",
    });
  }
  return { isOwned: await takeOver(file, own), from: ownerOf(lock) };
}

/** Takes a lock, whose folder is there. Throws `run/locked` while its owner lives. `onLost` is called when another process took it. */
export async function acquireLock(file: string, onLost: (error: AssayError) => void): Promise<RunLock> {
  const token = randomUUID();
  const own = `${file}.${token}${CLAIM_SUFFIX}`;
  const lock: Lock = { ...(await ownIdentity()), token };
  await writeFile(own, `${JSON.stringify(lock)}\n`);
  try {
    for (let attempt = 0; attempt < RETRIES; attempt += 1) {
      const { isOwned, from } = await tryAcquire(file, own);
      if (isOwned) {
        await removeOldClaims(file);
        return { ...keepLock(file, token, onLost), ...(from !== undefined && { takenOverFrom: from }) };
      }
      await sleep(25 + Math.random() * 50);
    }
  } finally {
    await rm(own, { force: true });
  }
  throw new AssayError("run/locked", "Several processes try to write the run at once.", { hint: "Try again in a few seconds." });
}

function keepLock(file: string, token: string, onLost: (error: AssayError) => void): RunLock {
  const renew = async () => {
    const lock = await readLock(file);
    if (lock?.token === token) return utimes(file, new Date(), new Date());
    clearInterval(timer);
    onLost(
      new AssayError("run/locked", `The run's lock was taken by ${ownerOf(lock ?? undefined)}.`, {
        hint: "Let the other process finish the run.",
      }),
    );
  };
  // a lease that could not be renewed once is renewed the next time.
  const timer = setInterval(() => void renew().catch(() => undefined), RENEW_MS);
  timer.unref();
  return {
    async release() {
      clearInterval(timer);
      if ((await readLock(file))?.token === token) await rm(file, { force: true });
    },
  };
}

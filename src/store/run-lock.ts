/**
 * One writer at a time: `run.lock` names the owner; its modification time is the owner's lease, renewed every few seconds.
 * The lock is made by `link`, which exactly one of two racing processes wins.
 */
import { randomUUID } from "node:crypto";
import { constants, copyFile, link, readdir, readFile, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { AssayError } from "../core/errors.ts";
import { isRunning, ownIdentity, processIdentitySchema } from "./process-identity.ts";

const LOCK = "run.lock";
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
async function readLock(path: string): Promise<Lock | null | undefined> {
  try {
    return lockSchema.parse(JSON.parse(await readFile(join(path, LOCK), "utf8")));
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

async function isAlive(path: string, lock: Lock | undefined): Promise<boolean> {
  const running = lock && (await isRunning(lock));
  return running ?? (await ageMs(join(path, LOCK))) < LEASE_MS;
}

/** Whether a living process writes the run folder. */
export async function isOwnerAlive(path: string): Promise<boolean> {
  const lock = await readLock(path);
  return lock !== null && isAlive(path, lock);
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
async function removeOldClaims(path: string): Promise<void> {
  for (const name of await readdir(path)) {
    const isClaim = name.startsWith(LOCK) && name.endsWith(CLAIM_SUFFIX);
    if (isClaim && (await ageMs(join(path, name))) > LEASE_MS) await rm(join(path, name), { force: true });
  }
}

/** Replaces a dead owner's lock under a guard; false where another process was faster. */
async function takeOver(path: string, own: string): Promise<boolean> {
  const guard = join(path, `${LOCK}.takeover`);
  if (!(await linkNew(own, guard))) {
    if ((await ageMs(guard)) > GUARD_MS) await rm(guard, { force: true });
    return false;
  }
  try {
    const lock = await readLock(path);
    if (lock === null) return await linkNew(own, join(path, LOCK));
    if (await isAlive(path, lock)) return false;
    // In one step: were the lock gone for a moment, another process could make it and not know that it took a run over.
    await rename(own, join(path, LOCK));
    return true;
  } finally {
    await rm(guard, { force: true });
  }
}

async function tryAcquire(path: string, own: string): Promise<{ isOwned: boolean; from?: string }> {
  if (await linkNew(own, join(path, LOCK))) return { isOwned: true };
  const lock = await readLock(path);
  if (lock === null) return { isOwned: false };
  if (await isAlive(path, lock)) {
    throw new AssayError("run/locked", `The run is being written by ${ownerOf(lock)}.`, {
      hint: "Wait until it ends or stop it, then try again.",
    });
  }
  return { isOwned: await takeOver(path, own), from: ownerOf(lock) };
}

/** Takes the lock of a run folder. Throws `run/locked` while its owner lives. `onLost` is called when another process took it. */
export async function acquireLock(path: string, onLost: (error: AssayError) => void): Promise<RunLock> {
  const token = randomUUID();
  const own = join(path, `${LOCK}.${token}${CLAIM_SUFFIX}`);
  const lock: Lock = { ...(await ownIdentity()), token };
  await writeFile(own, `${JSON.stringify(lock)}\n`);
  try {
    for (let attempt = 0; attempt < RETRIES; attempt += 1) {
      const { isOwned, from } = await tryAcquire(path, own);
      if (isOwned) {
        await removeOldClaims(path);
        return { ...keepLock(path, token, onLost), ...(from !== undefined && { takenOverFrom: from }) };
      }
      await sleep(25 + Math.random() * 50);
    }
  } finally {
    await rm(own, { force: true });
  }
  throw new AssayError("run/locked", "Several processes try to write the run at once.", { hint: "Try again in a few seconds." });
}

function keepLock(path: string, token: string, onLost: (error: AssayError) => void): RunLock {
  const file = join(path, LOCK);
  const renew = async () => {
    const lock = await readLock(path);
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
      if ((await readLock(path))?.token === token) await rm(file, { force: true });
    },
  };
}

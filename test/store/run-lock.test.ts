import { execa } from "execa";
import { hostname } from "node:os";
import { join } from "node:path";
import { readdir, readFile, utimes, writeFile } from "node:fs/promises";
import { once } from "node:events";
import { expect, test } from "vitest";
import { createRunFolder, openRunFolder } from "../../src/store/open-run.ts";
import { isRunning, ownIdentity } from "../../src/store/process-identity.ts";
import { isOwnerAlive } from "../../src/store/run-lock.ts";
import { recordOf, temporaryFolder } from "./run-folders.ts";

const OPENER = join(import.meta.dirname, "open-run.process.ts");

/** Starts a process that opens the run; resolves with what it said first. */
async function startOpener(path: string) {
  const child = execa("node", [OPENER, path], { reject: false, stdout: "pipe" });
  const [said] = (await once(child.stdout, "data")) as [Buffer];
  return { child, said: said.toString().trim() };
}

async function madeRun(out: string): Promise<string> {
  await using folder = await createRunFolder({ out, record: recordOf(), secrets: [] });
  return folder.path;
}

test("a run that is being written is refused, with its owner named; afterwards it can be opened", async () => {
  await using temporary = await temporaryFolder();
  const path = await madeRun(temporary.path);
  expect(await isOwnerAlive(path)).toBe(false);
  const { child, said } = await startOpener(path);
  expect(said).toBe("opened -");
  expect(await isOwnerAlive(path)).toBe(true);
  await expect(openRunFolder(path, { secrets: [] })).rejects.toMatchObject({
    code: "run/locked",
    message: `The run is being written by process ${child.pid} on ${hostname()}.`,
  });
  child.stdin.end();
  await child;
  await (await openRunFolder(path, { secrets: [] })).folder[Symbol.asyncDispose]();
  expect((await readdir(path)).filter((name) => name.startsWith("run.lock"))).toEqual([]);
});

test("the lock of a killed owner is taken over by exactly one of several that try", async () => {
  await using temporary = await temporaryFolder();
  const path = await madeRun(temporary.path);
  const owner = await startOpener(path);
  owner.child.kill("SIGKILL");
  await owner.child;
  expect(await isOwnerAlive(path)).toBe(false);

  const racers = await Promise.all([1, 2, 3, 4, 5].map(() => startOpener(path)));
  const said = racers.map((racer) => racer.said.split(" ")[0]).sort();
  for (const { child } of racers) child.stdin.end();
  await Promise.all(racers.map(({ child }) => child));

  expect(said).toEqual(["opened", "run/locked", "run/locked", "run/locked", "run/locked"]);
  expect(racers.map((racer) => racer.said)).toContain(`opened process ${owner.child.pid} on ${hostname()}`);
});

test("an owner on another machine lives as long as its lease", async () => {
  await using temporary = await temporaryFolder();
  const path = await madeRun(temporary.path);
  const lock = join(path, "run.lock");
  await writeFile(lock, JSON.stringify({ pid: 1, host: "elsewhere", bootId: null, startedAt: null, token: "t" }));
  await expect(openRunFolder(path, { secrets: [] })).rejects.toMatchObject({
    code: "run/locked",
    message: "The run is being written by process 1 on elsewhere.",
  });
  const longAgo = new Date(Date.now() - 61_000);
  await utimes(lock, longAgo, longAgo);
  const { folder, takenOverFrom } = await openRunFolder(path, { secrets: [] });
  expect(takenOverFrom).toBe("process 1 on elsewhere");
  expect(JSON.parse(await readFile(lock, "utf8"))).toMatchObject({ pid: process.pid });
  await folder[Symbol.asyncDispose]();
});

test("a pid that was given to another process since is no owner", async () => {
  await using temporary = await temporaryFolder();
  const path = await madeRun(temporary.path);
  await writeFile(join(path, "run.lock"), JSON.stringify({ pid: process.pid, host: hostname(), bootId: null, startedAt: "1", token: "t" }));
  expect(await isOwnerAlive(path)).toBe(process.platform === "win32");
});

test("an owner on a machine of the same name that is another one is not taken for dead", async () => {
  await using temporary = await temporaryFolder();
  const path = await madeRun(temporary.path);
  const other = { pid: 4_194_303, host: hostname(), machineId: "another", bootId: "another", startedAt: "1", token: "t" };
  await writeFile(join(path, "run.lock"), JSON.stringify(other));
  const isKnown = (await ownIdentity()).machineId !== null;
  expect(await isRunning(other)).toBe(isKnown ? undefined : false);
  expect(await isOwnerAlive(path)).toBe(isKnown);
});

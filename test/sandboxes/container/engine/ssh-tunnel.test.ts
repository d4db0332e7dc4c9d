/** With `ssh` programs of the test's own: what the real one does is tested with a real server. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterEach, expect, test, vi } from "vitest";
import docker from "../../../../sandboxes/docker.ts";

const HOSTS = ["ssh://me@box"];

afterEach(() => void vi.unstubAllEnvs());

/** Puts it first on the path; its process id is in the file `pid`. */
async function sshProgram(script: string): Promise<{ pid(): Promise<number> } & AsyncDisposable> {
  const folder = await mkdtemp(join(tmpdir(), "assay-ssh-program-"));
  await writeFile(join(folder, "ssh"), `#!/bin/sh\necho $$ > ${join(folder, "pid")}\n${script}\n`, { mode: 0o755 });
  vi.stubEnv("PATH", `${folder}${delimiter}${process.env["PATH"]}`);
  return {
    pid: async () => Number(await readFile(join(folder, "pid"), "utf8")),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true }),
  };
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

test("an ssh that does not log in is given up within 5 s, its server's greeting is no reason, and it is ended", async () => {
  await using ssh = await sshProgram("echo '*** Authorized use only ***' >&2; exec sleep 30");
  const startedAt = performance.now();
  expect(await docker.availability({ hosts: HOSTS })).toMatchObject({
    isAvailable: false,
    reason: "Docker does not answer at ssh://me@box (no answer within 4 s).",
  });
  expect(performance.now() - startedAt).toBeLessThan(5_000);
  expect(isRunning(await ssh.pid())).toBe(false);
  await expect(docker.open({ hosts: HOSTS })).rejects.toMatchObject({ code: "sandbox/unavailable" });
  expect(isRunning(await ssh.pid())).toBe(false);
});

test("an ssh that ends says why, after whatever greeting", async () => {
  await using _ssh = await sshProgram("echo '*** Authorized use only ***' >&2; echo 'Permission denied (publickey).' >&2; exit 255");
  expect(await docker.availability({ hosts: HOSTS })).toMatchObject({
    reason: "Docker does not answer at ssh://me@box (Permission denied (publickey).).",
  });
});

test("where there is no ssh, that is what is said", async () => {
  vi.stubEnv("PATH", "/no/such");
  expect(await docker.availability({ hosts: HOSTS })).toMatchObject({
    reason: "Docker does not answer at ssh://me@box (spawn ssh ENOENT).",
  });
});

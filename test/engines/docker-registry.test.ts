/** Images of a private registry: a real one, with a password, on this machine. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";
import { afterEach, describe, expect, it, vi } from "vitest";
import docker from "../../sandboxes/docker.ts";
import { sandboxSpecSchema } from "../../src/index.ts";
import { onlyRun, project } from "../run/project.ts";
import { oneTrialTask } from "../run/stored-run.ts";
import { freePort } from "./local-sshd.ts";
import { hasEngine } from "./requires.ts";

const USER = "reader";
const PASSWORD = "not-to-be-seen:7f3a";
const BASE = "debian:bookworm-slim";

interface Registry extends AsyncDisposable {
  host: string;
  /** For DOCKER_CONFIG: where somebody has logged in. */
  loggedIn: string;
  folder: string;
  /** An image that only the registry has. */
  image: string;
}

async function hasRegistry(): Promise<boolean> {
  for (const program of ["docker-registry", "htpasswd"]) {
    if (!(await execa("which", [program], { reject: false })).failed) continue;
    const message = `There is no ${program}: scripts/install-test-servers.sh installs it.`;
    if (process.env["ASSAY_REQUIRE_ENGINES"] === "1") throw new Error(message);
    console.warn(`SKIPPED: ${message} (ASSAY_REQUIRE_ENGINES=1 makes this a failure.)`);
    return false;
  }
  return true;
}

async function startRegistry(): Promise<Registry> {
  const folder = await mkdtemp(join(tmpdir(), "assay-registry-"));
  const host = `127.0.0.1:${await freePort()}`;
  const { stdout: passwords } = await execa("htpasswd", ["-Bbn", USER, PASSWORD]);
  await writeFile(join(folder, "htpasswd"), passwords);
  const config = {
    version: 0.1,
    storage: { filesystem: { rootdirectory: join(folder, "data") } },
    http: { addr: host },
    auth: { htpasswd: { realm: "test", path: join(folder, "htpasswd") } },
  };
  await writeFile(join(folder, "config.yml"), JSON.stringify(config));
  const server = spawn("docker-registry", ["serve", join(folder, "config.yml")], { stdio: "ignore" });
  const loggedIn = join(folder, "docker");
  await mkdir(loggedIn);
  const auth = Buffer.from(`${USER}:${PASSWORD}`).toString("base64");
  await writeFile(join(loggedIn, "config.json"), JSON.stringify({ auths: { [host]: { auth } } }));
  const image = `${host}/private/base:${process.pid}`;
  for (let waitedMs = 0; waitedMs < 10_000; waitedMs += 100) {
    if (await fetch(`http://${host}/v2/`).catch(() => undefined)) break;
    await sleep(100);
  }
  await execa("docker", ["tag", BASE, image]);
  await execa("docker", ["push", image], { env: { DOCKER_CONFIG: loggedIn } });
  const forget = (): Promise<unknown> => execa("docker", ["image", "rm", image], { reject: false });
  await forget();
  return {
    host,
    loggedIn,
    folder,
    image,
    async [Symbol.asyncDispose]() {
      await forget();
      const ended = once(server, "exit");
      server.kill();
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

describe.runIf((await hasEngine(docker, "scripts/start-docker.sh")) && (await hasRegistry()))("a private registry", () => {
  afterEach(() => void vi.unstubAllEnvs());

  it(
    "gives its image to a run of somebody who has logged in, and the password is in no file of the run",
    { timeout: 120_000 },
    async () => {
      await using registry = await startRegistry();
      await using folder = await project({
        "task.ts": oneTrialTask('reference: { commands: ["true"], answer: "42" },').replace(
          "sandbox: {}",
          `sandbox: { image: "${registry.image}" }`,
        ),
      });
      const args = ["run", "-m", "mock/oracle", "-t", "./task.ts", "-H", "agent", "--sandbox", "docker", "--json"];
      const refused = await folder.assay(args);
      expect(refused.lastLine).toContain(`Image "${registry.image}" is not here and cannot be pulled:`);
      const finished = await folder.assay([...args, "--new"], { DOCKER_CONFIG: registry.loggedIn });
      expect(onlyRun(finished).counts).toMatchObject({ completed: 1 });
      const said = [finished.stdout, finished.stderr, refused.stderr];
      for (const entry of await readdir(folder.folder, { recursive: true, withFileTypes: true }))
        if (entry.isFile()) said.push(await readFile(join(entry.parentPath, entry.name), "latin1"));
      const secrets = [PASSWORD, Buffer.from(`${USER}:${PASSWORD}`).toString("base64")];
      expect(said.filter((text) => secrets.some((secret) => text.includes(secret)))).toEqual([]);
    },
  );

  it("gives its image to the answer of a credential helper; one that is missing is named", { timeout: 120_000 }, async () => {
    await using registry = await startRegistry();
    const bin = join(registry.folder, "bin");
    const config = join(registry.folder, "helped");
    await Promise.all([bin, config].map((path) => mkdir(path)));
    const answer = JSON.stringify({ ServerURL: registry.host, Username: USER, Secret: PASSWORD });
    const helper = `#!/bin/sh\n[ "$1" = get ] && [ "$(cat)" = "${registry.host}" ] && echo '${answer}'\n`;
    await writeFile(join(bin, "docker-credential-ours"), helper, { mode: 0o755 });
    await writeFile(join(config, "config.json"), JSON.stringify({ credHelpers: { [registry.host]: "ours" } }));
    vi.stubEnv("DOCKER_CONFIG", config);
    await using backend = await docker.open();
    const spec = sandboxSpecSchema.parse({ image: registry.image });
    await expect(backend.prepare(spec)).rejects.toThrow("names docker-credential-ours, which cannot be used, so no credentials were sent.");
    vi.stubEnv("PATH", `${bin}${delimiter}${process.env["PATH"]}`);
    expect(await backend.prepare(spec)).toMatchObject({ image: registry.image, digest: expect.stringContaining(registry.host) });
  });
});

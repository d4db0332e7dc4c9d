/** A Docker host as it is reached from far away: over TCP with TLS, or over SSH. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { vi } from "vitest";
import docker from "../../sandboxes/docker.ts";
import type { SandboxDefinition } from "../../src/index.ts";
import { makeCertificates } from "./certificates.ts";
import { freePort, localSshd, type LocalSshd } from "./local-sshd.ts";
import { secondDocker, type SecondDocker } from "./second-docker.ts";

export interface RemoteDocker extends AsyncDisposable {
  docker: SecondDocker;
  tls: { address: string; /** Folders for DOCKER_CERT_PATH: the daemon's own authority's, and another's. */ own: string; foreign: string };
  ssh: { address: string; sshd: LocalSshd };
}

/** Both ways lead to the same daemon. */
export async function remoteDocker(images: readonly string[]): Promise<RemoteDocker> {
  await using scope = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), "assay-remote-"));
  scope.defer(() => rm(folder, { recursive: true, force: true }));
  await makeCertificates(join(folder, "own"), ["daemon", "client"]);
  await makeCertificates(join(folder, "foreign"), ["client"]);
  const port = await freePort();
  const certificates = [
    ["cacert", "ca"],
    ["cert", "cert"],
    ["key", "key"],
  ].map(([option, name]) => `--tls${option}=${join(folder, "own", "daemon", `${name}.pem`)}`);
  const second = scope.use(await secondDocker(images, ["-H", `tcp://127.0.0.1:${port}`, "--tlsverify", ...certificates]));
  const sshd = scope.use(await localSshd());
  const close = scope.move();
  return {
    docker: second,
    tls: { address: `tcp://127.0.0.1:${port}`, own: join(folder, "own", "client"), foreign: join(folder, "foreign", "client") },
    ssh: { address: `ssh://${sshd.user}@127.0.0.1:${sshd.port}${second.address.slice("unix://".length)}`, sshd },
    [Symbol.asyncDispose]: () => close.disposeAsync(),
  };
}

/** Docker's sandbox on that host, as the environment of this process leads there from now on. */
export function overTls({ tls }: RemoteDocker): SandboxDefinition {
  vi.stubEnv("DOCKER_TLS_VERIFY", "1");
  vi.stubEnv("DOCKER_CERT_PATH", tls.own);
  return onHost(tls.address);
}

export function overSsh({ ssh }: RemoteDocker): SandboxDefinition {
  vi.stubEnv("PATH", ssh.sshd.path);
  return onHost(ssh.address);
}

function onHost(address: string): SandboxDefinition {
  return { ...docker, availability: () => docker.availability({ hosts: [address] }), open: () => docker.open({ hosts: [address] }) };
}

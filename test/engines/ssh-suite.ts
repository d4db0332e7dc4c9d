/** Docker over SSH for whole suites, with the default image: the daemon and the server live as long as the group of tests. */
import { afterAll, beforeAll, vi } from "vitest";
import docker from "../../sandboxes/docker.ts";
import { builtName } from "../../sandboxes/container/image/build.ts";
import { defaultDockerfile, findBuildContext, hashContext } from "../../sandboxes/container/image/context.ts";
import { sandboxSpecSchema, type SandboxDefinition } from "../../src/index.ts";
import { whyNoSshd } from "./local-sshd.ts";
import { overSsh, remoteDocker, type RemoteDocker } from "./remote-docker.ts";
import { hasEngine } from "./requires.ts";
import { whyNoSecondDocker } from "./second-docker.ts";

export async function canUseSsh(): Promise<boolean> {
  const hasParts = (await whyNoSecondDocker()) === undefined && (await whyNoSshd()) === undefined;
  return hasParts && (await hasEngine(docker, "scripts/start-docker.sh"));
}

/** To be called in a `describe`, before the suite; `environment` leads a program of the test's to the same host once the tests run. */
export function dockerOverSsh(): { definition: SandboxDefinition; environment: Record<string, string> } {
  const given: { remote?: RemoteDocker; definition?: SandboxDefinition } = {};
  const environment: Record<string, string> = {};
  beforeAll(async () => {
    given.remote = await remoteDocker(["debian:bookworm-slim", await basicImage()]);
    given.definition = overSsh(given.remote);
    Object.assign(environment, { DOCKER_HOST: given.remote.ssh.address, PATH: given.remote.ssh.sshd.path });
  });
  afterAll(async () => {
    vi.unstubAllEnvs();
    await given.remote?.[Symbol.asyncDispose]();
  });
  const open = (): Promise<Awaited<ReturnType<SandboxDefinition["open"]>>> => {
    if (!given.definition) throw new Error("The host did not start.");
    return given.definition.open();
  };
  return { definition: { ...docker, open }, environment };
}

/** Built on the machine's own engine, so that it is copied and not built again. */
async function basicImage(): Promise<string> {
  await using backend = await docker.open();
  await backend.prepare(sandboxSpecSchema.parse({}));
  const context = await findBuildContext(defaultDockerfile());
  return builtName(context, await hashContext(context));
}

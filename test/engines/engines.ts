/** The engines of this machine that tests can be held against, each with what a test needs of it. */
import Docker from "dockerode";
import type { BackendOptions } from "../../sandboxes/container/backend.ts";
import docker, { dockerSandbox } from "../../sandboxes/docker.ts";
import { podmanSandbox } from "../../sandboxes/podman.ts";
import type { SandboxDefinition } from "../../src/index.ts";
import { HOW_TO_START, ROOTFUL_ADDRESS, ROOTLESS_ADDRESS } from "./podman-sockets.ts";
import { hasEngine } from "./requires.ts";

export interface TestEngine {
  title: string;
  definition: SandboxDefinition;
  /** The same with other options. */
  definitionWith(options: BackendOptions): SandboxDefinition;
  /** What `assay run` takes for it: --sandbox, and what leads there. */
  backend: string;
  environment: Record<string, string>;
  /** The engine's own client, for what a test looks at behind the backend. */
  client: Docker;
}

const podmanAt = (title: string, address: string): TestEngine => ({
  title,
  definition: podmanSandbox({ addresses: () => [address] }),
  definitionWith: (options) => podmanSandbox({ ...options, addresses: () => [address] }),
  backend: "podman",
  environment: { CONTAINER_HOST: address },
  client: new Docker({ socketPath: address.slice("unix://".length), host: "" }),
});

const DOCKER: TestEngine = {
  title: "docker",
  definition: docker,
  definitionWith: dockerSandbox,
  backend: "docker",
  environment: {},
  client: new Docker(),
};
const ROOTFUL_PODMAN = podmanAt("podman, rootful", ROOTFUL_ADDRESS);
const ROOTLESS_PODMAN = podmanAt("podman, rootless", ROOTLESS_ADDRESS);

/** Each of `which`, and whether it answers here: tests of one that does not are skipped by their names. */
export async function testEngines(...which: ("docker" | "rootful" | "rootless")[]): Promise<(TestEngine & { isHere: boolean })[]> {
  const all = { docker: DOCKER, rootful: ROOTFUL_PODMAN, rootless: ROOTLESS_PODMAN };
  const howToStart = (name: string): string => (name === "docker" ? "scripts/start-docker.sh" : HOW_TO_START);
  return Promise.all(which.map(async (name) => ({ ...all[name], isHere: await hasEngine(all[name].definition, howToStart(name)) })));
}

/** The names of the containers of any state, the volumes and the networks that carry the label of a run. */
export async function leftOf({ client }: TestEngine, runId: string): Promise<string[]> {
  const filters = { label: [`assay.run=${runId}`] };
  const [containers, { Volumes: volumes }, networks] = await Promise.all([
    client.listContainers({ all: true, filters }),
    client.listVolumes({ filters }),
    client.listNetworks({ filters }),
  ]);
  const names = [...(volumes ?? []), ...networks].map(({ Name }) => Name);
  return [...containers.map(({ Names, Id }) => Names[0]?.replace(/^\//, "") ?? Id), ...names];
}

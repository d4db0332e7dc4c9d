/** Sandboxes that are containers of a Docker Engine, or of several. */
import { defineSandbox, type Availability, type SandboxBackend, type SandboxDefinition } from "../src/index.ts";
import { engineAvailability } from "./container/engine/availability.ts";
import { containerBackend, type BackendOptions } from "./container/backend.ts";
import { CONTAINER_CAPABILITIES } from "./container/capabilities.ts";
import { connectEngine, type EngineAddress } from "./container/engine/engine.ts";
import { noneAnswers } from "./container/hosts/images.ts";
import { hostPool } from "./container/hosts/pool.ts";

const START_HINT = "Start Docker, or run with --sandbox embedded.";

/** DOCKER_HOST, or the default socket. */
const localEngine: EngineAddress = {
  title: "Docker",
  address: () => process.env["DOCKER_HOST"] ?? "unix:///var/run/docker.sock",
  get isNamed() {
    return process.env["DOCKER_HOST"] !== undefined;
  },
  get hint() {
    return this.isNamed ? `DOCKER_HOST names that address: correct it or unset it. ${START_HINT}` : START_HINT;
  },
};

/** The backend, with its commands carried as `options` say. */
export function dockerSandbox(options: BackendOptions = {}): SandboxDefinition {
  return defineSandbox({
    name: "docker",
    description: "Containers of a Docker Engine, or of several (--docker-host): any image or Dockerfile, real processes, resource limits.",
    capabilities: CONTAINER_CAPABILITIES,
    takesHosts: true,
    availability: ({ hosts = [] } = {}) => availability(enginesAt(hosts)),
    async open({ hosts = [], onProgress } = {}): Promise<SandboxBackend> {
      const engines = enginesAt(hosts);
      const [only] = engines;
      if (engines.length === 1 && only) return containerBackend(await connectEngine(only), options);
      return hostPool(engines, { openBackend: (engine) => containerBackend(engine, options), onProgress });
    },
  });
}

export default dockerSandbox();

function enginesAt(hosts: readonly string[]): EngineAddress[] {
  const named = [...new Set(hosts)].map((host) => ({
    title: "Docker",
    address: () => host,
    isNamed: true,
    hint: hintFor(host),
    pruneCommand: `assay sandbox prune --docker-host ${host}`,
  }));
  return named.length > 0 ? named : [localEngine];
}

/** What to look at where a host that somebody named does not answer. */
function hintFor(host: string): string {
  if (host.startsWith("ssh://")) return `Does \`docker -H ${host} version\` answer? Assay asks for no password: use a key or an agent.`;
  if (host.startsWith("unix://")) return "Start Docker there, or name another --docker-host.";
  return "Is it up, and does it want TLS? Then set DOCKER_TLS_VERIFY=1 and DOCKER_CERT_PATH to the folder of ca.pem, cert.pem and key.pem.";
}

/** Of several it is enough that one can be used. */
async function availability(engines: readonly EngineAddress[]): Promise<Availability> {
  const answers = await Promise.all(engines.map(engineAvailability));
  const [first] = answers;
  if (first && answers.length === 1) return first;
  const usable = answers.filter((answer) => answer.isAvailable);
  const reasons = answers.flatMap((answer) => (answer.isAvailable ? [] : [answer.reason]));
  const [one] = usable;
  if (!one) {
    const { message, hint = "" } = noneAnswers(reasons, engines[0]?.hint);
    return { isAvailable: false, reason: message, hint };
  }
  const notes = [...usable.flatMap((answer) => answer.notes ?? []), ...reasons];
  return { ...one, detail: usable.map(({ detail }) => detail).join("; "), ...(notes.length > 0 && { notes }) };
}

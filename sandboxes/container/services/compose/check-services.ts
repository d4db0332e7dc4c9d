/** What is wrong with services that are each right by themselves. */
import type { Refusal } from "./refusals.ts";
import type { ComposeDocument } from "./schema.ts";

/** The first thing that cannot be; undefined where all can. */
export function checkServices(document: ComposeDocument, mainNames: readonly string[]): Refusal | undefined {
  const { services } = document;
  const mains = Object.keys(services).filter((name) => mainNames.includes(name));
  const choice = mainNames.join(" or ");
  if (mains.length !== 1)
    return {
      path: ["services"],
      message:
        mains.length === 0
          ? `has none that is named ${choice}, which the agent lives in`
          : `has two that the agent could live in: name one ${choice}`,
    };
  const [main = ""] = mains;
  for (const name of Object.keys(services)) {
    const refusal = checkService(name, document, main);
    if (refusal) return refusal;
  }
  const cycle = findCycle(services);
  if (cycle) return { path: ["services", cycle[0] ?? "", "depends_on"], message: `is a circle: ${cycle.join(" waits for ")}` };
  return undefined;
}

function checkService(name: string, { services, networks }: ComposeDocument, main: string): Refusal | undefined {
  const service = services[name];
  if (!service) return undefined;
  const refuse = (message: string, ...path: string[]): Refusal => ({ path: ["services", name, ...path], message });
  if (service.image !== undefined && service.build) return refuse("names both an image and a build: keep one");
  if (service.image === undefined && !service.build && name !== main) return refuse("has neither an image nor a build");
  if (name === main && service.healthcheck) return refuse("is not supported: nothing waits for the agent's own service", "healthcheck");
  if (service.networks.length === 0) return refuse("is empty: nobody could reach it", "networks");
  for (const network of service.networks)
    if (network !== "default" && !Object.hasOwn(networks, network))
      return refuse(`names ${network}, which is not under the file's networks`, "networks");
  for (const [other, condition] of Object.entries(service.depends_on)) {
    const awaited = Object.hasOwn(services, other) ? services[other] : undefined;
    if (!awaited) return refuse(`names ${other}, which is no service of the file`, "depends_on");
    if (other === main) return refuse(`names ${main}: the agent's service starts after all others`, "depends_on");
    if (condition === "service_healthy" && !awaited.healthcheck)
      return refuse(`waits until ${other} is healthy, which has no healthcheck in the file`, "depends_on", other);
  }
  return undefined;
}

/** Names in their order, the first again at the end. */
function findCycle(services: ComposeDocument["services"]): string[] | undefined {
  const done = new Set<string>();
  const visit = (name: string, waiting: readonly string[]): string[] | undefined => {
    if (waiting.includes(name)) return [...waiting.slice(waiting.indexOf(name)), name];
    if (done.has(name)) return undefined;
    for (const other of Object.keys(services[name]?.depends_on ?? {})) {
      const cycle = visit(other, [...waiting, name]);
      if (cycle) return cycle;
    }
    done.add(name);
    return undefined;
  };
  for (const name of Object.keys(services)) {
    const cycle = visit(name, []);
    if (cycle) return cycle;
  }
  return undefined;
}

/** Whether an engine can be used, and what is to be known of it: which limits it cannot enforce, say. */
import type Docker from "dockerode";
import { z } from "zod";
import type { Availability } from "../../../src/index.ts";
import { builtName } from "../image/build.ts";
import { defaultDockerfile, findBuildContext, hashContext } from "../image/context.ts";
import { withoutPassword } from "./connection/address.ts";
import { engineStatus, openClient, PING_TIMEOUT_MS, unreachable, type EngineAddress, type EngineClient } from "./engine.ts";

const versionSchema = z.object({ Version: z.string() });

const infoSchema = z.object({
  Driver: z.string().nullish(),
  CgroupVersion: z.string().nullish(),
  MemoryLimit: z.boolean().nullish(),
  SwapLimit: z.boolean().nullish(),
  PidsLimit: z.boolean().nullish(),
  CpuCfsQuota: z.boolean().nullish(),
  /** Docker's spelling. */
  CPUCfsQuota: z.boolean().nullish(),
});

/** Whether an engine answers, and if not why and what to do. Never throws; takes at most 4 s. */
export async function engineAvailability(engine: EngineAddress): Promise<Availability> {
  let client: EngineClient | undefined;
  try {
    client = await openClient(engine, PING_TIMEOUT_MS);
    const { version, traits, notes } = await engineFacts(client.docker);
    const detail = [`${engine.title} ${version} at ${withoutPassword(engine.address())}`, ...traits].join(", ");
    return { isAvailable: true, detail, version, ...(notes.length > 0 && { notes }) };
  } catch (error) {
    return { isAvailable: false, reason: unreachable(engine, error, client?.lastWords()), hint: engine.hint };
  } finally {
    await client?.[Symbol.asyncDispose]();
  }
}

interface EngineFacts {
  version: string;
  /** Storage driver, control groups. */
  traits: string[];
  /** Whole sentences. */
  notes: string[];
}

/** Asks the engine; throws what the client throws. */
async function engineFacts(client: Docker): Promise<EngineFacts> {
  const [answer, info, image] = await Promise.all([client.version(), client.info(), missingDefaultImage(client)]);
  const version = versionSchema.safeParse(answer).data;
  if (!version) throw new Error("what answers there is no engine");
  const known = infoSchema.parse(info);
  const unenforced = [
    ...(known.MemoryLimit === false ? ["memory"] : []),
    ...(known.SwapLimit === false ? ["swap"] : []),
    ...(known.PidsLimit === false ? ["processes"] : []),
    ...((known.CPUCfsQuota ?? known.CpuCfsQuota) === false ? ["CPUs"] : []),
  ];
  return {
    version: version.Version,
    traits: [...(known.Driver ? [known.Driver] : []), ...(known.CgroupVersion ? [`cgroups v${known.CgroupVersion}`] : [])],
    notes: [
      ...(unenforced.length > 0 ? [`Limits that this engine does not enforce: ${unenforced.join(", ")}.`] : []),
      ...(image === undefined ? [] : [`The default image ${image} is not here yet: the first run builds it.`]),
    ],
  };
}

/** The name of the default image where the engine does not have it. */
async function missingDefaultImage(client: Docker): Promise<string | undefined> {
  const context = await findBuildContext(defaultDockerfile());
  const name = builtName(context, await hashContext(context));
  try {
    await client.getImage(name).inspect();
    return undefined;
  } catch (error) {
    if (engineStatus(error) === 404) return name;
    throw error;
  }
}

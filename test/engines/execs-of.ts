/** How many processes an engine was asked to start in a container so far: what tells commands over lanes from the engine's own execs. */
import { text } from "node:stream/consumers";
import type Docker from "dockerode";
import { z } from "zod";

const eventSchema = z.object({ Action: z.string() });

/** Docker says that an exec was created, with its command, and that it was started; Podman says only that there was one. */
const EXEC = /^exec(_create: .*)?$/s;

/** A reader of Podman's record who comes while it is cut back to its newest half misses lines; the next one finds them. */
const READINGS = 3;

/** Counts by the engine's own record of events, from the container's creation on. */
export async function execsOf(engine: Docker, containerId: string): Promise<number> {
  for (let reading = 0; reading < READINGS; reading += 1) {
    const actions = await actionsOf(engine, containerId);
    if (actions.includes("start")) return actions.filter((action) => EXEC.test(action)).length;
  }
  // Docker keeps the last 256 events of all its containers.
  throw new Error("The engine has forgotten when the container was started, and with it some execs.");
}

async function actionsOf(engine: Docker, containerId: string): Promise<string[]> {
  const { Created } = await engine.getContainer(containerId).inspect();
  // Whole seconds, as Podman reads no others; the engine answers once that time has come.
  const since = Math.floor(Date.parse(Created) / 1000);
  const until = Math.ceil(Date.now() / 1000);
  const filters = JSON.stringify({ container: [containerId] });
  const stream = await engine.getEvents({ since, until, filters });
  const lines = (await text(stream)).split("\n").filter(Boolean);
  return lines.map((line) => eventSchema.parse(JSON.parse(line)).Action);
}

/** Ends everything that a command started inside its container, by a shell of the engine's own exec. */
import type { Container } from "dockerode";
import { AssayError } from "../../../src/index.ts";
import { openControl } from "./channel/control.ts";
import type { KillTarget } from "./channel/script.ts";
import { oneLine } from "../engine/engine.ts";
import { isContainerRunning } from "../engine/living.ts";
import { openEngineShell } from "./wrapped-exec.ts";

/**
 * Kills a command's process tree. When that cannot be done from inside, the container itself is killed:
 * nothing goes on running after its time.
 */
export async function killTree(container: Container, target: KillTarget, user: string): Promise<void> {
  if (await killFromInside(container, target, user)) return;
  await killContainer(container);
}

/** Throws `sandbox/failed` where the engine does not do it: then it is not known what still runs. */
export async function killContainer(container: Container): Promise<void> {
  try {
    await container.kill();
  } catch (error) {
    if (!(await isContainerRunning(container))) return;
    throw new AssayError("sandbox/failed", `What ran in the sandbox could not be ended: ${oneLine(error)}`, { cause: error });
  }
}

async function killFromInside(container: Container, target: KillTarget, user: string): Promise<boolean> {
  try {
    using control = await openControl(await openEngineShell(container, user));
    return (await control?.kill(target)) ?? false;
  } catch {
    return false;
  }
}

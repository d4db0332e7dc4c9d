/** Starts an image once, to learn whether it starts at all and whether it has a shell. */
import { randomBytes } from "node:crypto";
import { AssayError } from "../../src/index.ts";
import { removeContainer } from "./container.ts";
import { oneLine, type Engine } from "./engine.ts";
import type { FoundImage } from "./found-image.ts";
import { ownerLabels } from "./owner.ts";

/** What runtimes say (runc, crun) when the program of a new process is not there. */
export const MISSING_PROGRAM = /executable file .*not found|no such file or directory/i;

/** Returns whether the image has `sh`. Throws `sandbox/image` when nothing of it can be started here. */
export async function probeImage(engine: Engine, { image, id }: FoundImage, signal: AbortSignal): Promise<boolean> {
  const name = `assay-probe-${randomBytes(8).toString("hex")}`;
  const container = engine.docker.getContainer(name);
  try {
    await engine.docker.createContainer({
      name,
      Image: id,
      Entrypoint: ["sh", "-c", ":"],
      Cmd: [],
      Labels: await ownerLabels({ runId: "prepare", trialId: image, attempt: 1 }),
      HostConfig: { NetworkMode: "none", CapDrop: ["ALL"], SecurityOpt: ["no-new-privileges"], LogConfig: { Type: "none", Config: {} } },
    });
    signal.throwIfAborted();
    await container.start();
    return true;
  } catch (error) {
    signal.throwIfAborted();
    const reason = oneLine(error);
    if (MISSING_PROGRAM.test(reason)) return false;
    throw new AssayError("sandbox/image", `${engine.title} cannot start image "${image}": ${reason}`, {
      hint:
        engine.differences.startHint(reason) ??
        `\`${engine.differences.program} run --rm -it ${image} sh\` shows more; an image for another kind of processor does not start.`,
      cause: error,
    });
  } finally {
    await removeContainer(container);
  }
}

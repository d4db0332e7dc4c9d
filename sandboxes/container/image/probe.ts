/** Starts an image once, to learn whether it starts at all and whether it has a shell. */
import type { Container, ContainerCreateOptions } from "dockerode";
import { AssayError } from "../../../src/index.ts";
import { oneLine, type Engine } from "../engine/engine.ts";
import type { FoundImage } from "./found-image.ts";
import { withHelperContainer } from "../engine/helper-container.ts";
import { ownerLabels } from "../engine/owner.ts";
import { hasNoCommand, startOwnCommand } from "../start/no-shell-start.ts";
import { SHELL } from "../system-shell.ts";

/** What runtimes say (runc, crun) when the program of a new process is not there. */
export const MISSING_PROGRAM = /executable file .*not found|no such file or directory/i;

/** Returns whether the image has `sh`. Throws `sandbox/image` when nothing of it can be started here, or nothing of it stays. */
export async function probeImage(
  engine: Engine,
  { image, id }: FoundImage,
  { user, signal }: { user: string; signal: AbortSignal },
): Promise<boolean> {
  const labels = await ownerLabels({ runId: "prepare", trialId: image, attempt: 1 });
  const tryToStart = (options: ContainerCreateOptions, look: (container: Container) => Promise<void>): Promise<void> =>
    withHelperContainer(
      engine,
      { purpose: "probe", imageId: id, labels, options: { ...options, HostConfig: { LogConfig: { Type: "none", Config: {} } } } },
      async (container) => {
        signal.throwIfAborted();
        await look(container);
      },
    );
  try {
    await tryToStart({ Entrypoint: [SHELL, "-c", ":"], Cmd: [] }, (container) => container.start());
    return true;
  } catch (error) {
    signal.throwIfAborted();
    const reason = oneLine(error);
    if (!MISSING_PROGRAM.test(reason)) throw cannotStart(engine, image, reason, error);
  }
  try {
    await tryToStart({ User: user, OpenStdin: true }, (container) => startOwnCommand(container, image));
    return false;
  } catch (error) {
    signal.throwIfAborted();
    throw error instanceof AssayError ? error : hasNoCommand(image, error);
  }
}

function cannotStart(engine: Engine, image: string, reason: string, cause: unknown): AssayError {
  return new AssayError("sandbox/image", `${engine.title} cannot start image "${image}": ${reason}`, {
    hint:
      engine.differences.startHint(reason) ??
      `\`${engine.differences.program} run --rm -it ${image} sh\` shows more; an image for another kind of processor does not start.`,
    cause,
  });
}

/** Puts the parts of a started container together into a sandbox. */
import { posix } from "node:path";
import type { Container } from "dockerode";
import { AssayError, type ExecResult, type Sandbox, type SandboxSpec } from "../../src/index.ts";
import { appliedLimits } from "./start/applied.ts";
import { removeSandbox, type StartedContainer } from "./start/start-container.ts";
import type { Engine } from "./engine/engine.ts";
import { KILLED_EXIT_CODE, shellArgv, type Commands, type ExecTarget } from "./commands/commands.ts";
import { engineArchives } from "./files/engine-archives.ts";
import { sandboxFiles } from "./files/files.ts";
import type { PreparedImage } from "./image/image.ts";
import { fileLister } from "./files/list-files.ts";
import { gone, isContainerRunning } from "./engine/living.ts";
import { readFiles } from "./files/read-files.ts";
import { notingTimeout, type TimedOutCommand } from "./grading/outlived.ts";
import { plainFiles } from "./files/no-shell-files.ts";
import { openShell } from "./commands/shell.ts";
import { containerUsage } from "./commands/usage.ts";
import { openProcess, type ProcessOptions, type WrappedProcess } from "./commands/wrapped-exec.ts";
import { containerVerifier } from "./grading/verify.ts";

/** No program can be given a NUL: its arguments, environment and folder end there. */
const NUL_REFUSED: ExecResult = {
  stdout: new Uint8Array(),
  stderr: new TextEncoder().encode("sh: a command cannot hold a NUL character\n"),
  exitCode: 126,
  timedOut: false,
  truncated: false,
  droppedBytes: 0,
  durationMs: 0,
};

export interface SandboxParts {
  engine: Engine;
  started: StartedContainer;
  target: ExecTarget;
  commands: Commands;
  spec: SandboxSpec;
  image: PreparedImage;
  /** Called once the container is gone. */
  onRemoved: () => void;
}

export function containerSandbox({ engine, started, target, commands, spec, image, onRemoved }: SandboxParts): Sandbox {
  const { container, report, labels } = started;
  const { run } = commands;
  const absolute = (path = "."): string => posix.resolve(spec.workdir, path);
  const timedOut: TimedOutCommand[] = [];
  const fillers = new Set<Container>();
  const verify = containerVerifier({ engine, target, imageId: image.id, labels, workdir: spec.workdir, report, timedOut, fillers });
  const { archivesFollowLinks } = engine.differences;
  const files = { container, run, workdir: spec.workdir, uid: report.uid, gid: report.gid, archivesFollowLinks };
  let isDisposed = false;
  const living = (): void => {
    if (isDisposed) throw gone();
  };
  const execute = async (command: () => Promise<ExecResult>): Promise<ExecResult> => {
    const result = await notingTimeout(timedOut, commands, command);
    // The engine may tell the code of a command that its removal killed while it still says that the container runs.
    if (result.exitCode === KILLED_EXIT_CODE) living();
    return result;
  };
  const remove = onceUnlessFailed(async () => {
    await removeSandbox(engine, container, fillers);
    onRemoved();
  });
  return {
    id: container.id,
    workdir: spec.workdir,
    applied: appliedLimits({ spec, image, report, disk: started.disk, whyNotEnforced: engine.differences.whyNotEnforced }),
    async exec(command, options = {}) {
      living();
      const argv = typeof command === "string" ? shellArgv(command) : command;
      if ([...argv, ...Object.values(options.env ?? {}), options.cwd].some((text) => text?.includes("\0"))) return NUL_REFUSED;
      return execute(() => run(argv, { ...options, cwd: absolute(options.cwd) }));
    },
    async shell({ cwd, env = {} } = {}) {
      living();
      if (!image.hasShell) throw needsShell("A session", image);
      const open = (process: ProcessOptions): Promise<WrappedProcess> => {
        target.hasCommandsBesideLanes = true;
        return openProcess(container, process);
      };
      const shell = openShell(target, commands, { open, cwd: absolute(cwd), env });
      return { ...shell, exec: (command, options) => execute(() => shell.exec(command, options)) };
    },
    ...(image.hasShell ? sandboxFiles({ ...files, ...engineArchives(files) }) : plainFiles(files)),
    listFiles: image.hasShell ? fileLister(run) : () => Promise.reject(needsShell("A list of files", image)),
    readFiles: (paths, options) => readFiles(run, paths, options),
    async verify(request) {
      living();
      if (!image.hasShell) throw needsShell("A verifier", image);
      return verify(request);
    },
    ...(engine.differences.hasOwnControlGroups && { usage: () => containerUsage(run) }),
    isAlive: () => isContainerRunning(container),
    [Symbol.asyncDispose]() {
      isDisposed = true;
      commands[Symbol.dispose]();
      return remove();
    },
  };
}

/** What failed may be tried again. */
function onceUnlessFailed(work: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | undefined;
  return () => {
    done ??= work().catch((error: unknown) => {
      done = undefined;
      throw error;
    });
    return done;
  };
}

function needsShell(what: string, { image }: PreparedImage): AssayError {
  return new AssayError("config/unsupported", `${what} needs a shell (sh), which image "${image}" does not have.`, {
    hint: "Use an image with /bin/sh, or run commands as lists of a program and its arguments.",
  });
}

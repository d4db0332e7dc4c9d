/** Puts the parts of a started container together into a sandbox. */
import { posix } from "node:path";
import type { Container } from "dockerode";
import { AssayError, type ExecResult, type Sandbox, type SandboxSpec } from "../../src/index.ts";
import { appliedLimits } from "./start/applied.ts";
import { removeSandbox, type StartedContainer } from "./start/start-container.ts";
import type { Engine } from "./engine/engine.ts";
import { KILLED_EXIT_CODE, shellArgv, type Commands, type ExecTarget } from "./commands/commands.ts";
import { engineArchives } from "./files/engine-archives.ts";
import { sandboxFiles, type Files } from "./files/files.ts";
import type { PreparedImage } from "./image/image.ts";
import { fileLister } from "./files/list-files.ts";
import { gone, isContainerRunning } from "./engine/living.ts";
import { readFiles } from "./files/read-files.ts";
import { notingTimeout, type TimedOutCommand } from "./grading/outlived.ts";
import { onceUnlessFailed } from "./once-unless-failed.ts";
import { refusedForNul } from "./commands/no-nul.ts";
import { plainFiles } from "./files/no-shell-files.ts";
import { takeSnapshot } from "./snapshot/take-snapshot.ts";
import type { AllowListNetwork } from "./allow-list/network.ts";
import { openShell } from "./commands/shell.ts";
import { containerUsage } from "./commands/usage.ts";
import { openProcess, type ProcessOptions, type WrappedProcess } from "./commands/wrapped-exec.ts";
import { containerVerifier } from "./grading/verify.ts";

export interface SandboxParts {
  engine: Engine;
  started: StartedContainer;
  target: ExecTarget;
  commands: Commands;
  /** Where it has an allow-list. */
  network: AllowListNetwork | undefined;
  spec: SandboxSpec;
  image: PreparedImage;
  /** Called once the container is gone. */
  onRemoved: () => void;
}

export function containerSandbox({ engine, started, target, commands, network, spec, image, onRemoved }: SandboxParts): Sandbox {
  const { container, report, labels } = started;
  const { run } = commands;
  const absolute = (path = "."): string => posix.resolve(spec.workdir, path);
  const timedOut: TimedOutCommand[] = [];
  const fillers = new Set<Container>(network && [network.forwarder]);
  const verify = containerVerifier({ engine, target, imageId: image.id, labels, workdir: spec.workdir, report, timedOut, fillers });
  let isDisposed = false;
  const living = (): void => {
    if (isDisposed) throw gone();
    network?.check();
  };
  const execute = async (command: () => Promise<ExecResult>): Promise<ExecResult> => {
    const result = await notingTimeout(timedOut, commands, command);
    // The engine may tell the code of a command that its removal killed while it still says that the container runs.
    if (result.exitCode === KILLED_EXIT_CODE) living();
    return result;
  };
  const remove = onceUnlessFailed(() => removeSandbox(engine, container, fillers).then(onRemoved));
  return {
    id: container.id,
    workdir: spec.workdir,
    applied: appliedLimits({ ...started, engine, spec, image }),
    async exec(command, options = {}) {
      living();
      const argv = typeof command === "string" ? shellArgv(command) : command;
      return refusedForNul(argv, options) ?? execute(() => run(argv, { ...options, cwd: absolute(options.cwd) }));
    },
    async shell({ cwd, env = {} } = {}) {
      living();
      if (!image.hasShell) throw needsShell("A session", image);
      const shell = openShell(target, commands, { open: besideLanes(target), cwd: absolute(cwd), env });
      return { ...shell, exec: (command, options) => execute(() => shell.exec(command, options)) };
    },
    ...filesOf({ engine, started, commands, spec, image }),
    listFiles: image.hasShell ? fileLister(run) : () => Promise.reject(needsShell("A list of files", image)),
    readFiles: (paths, options) => readFiles(run, paths, options),
    async verify(request) {
      living();
      if (!image.hasShell) throw needsShell("A verifier", image);
      return verify(request);
    },
    async snapshot(options = {}) {
      living();
      return takeSnapshot({ engine, container, image, isRootReadOnly: spec.readOnlyRoot, mounts: started.mounts, owner: report }, options);
    },
    ...(engine.differences.hasOwnControlGroups && { usage: () => containerUsage(run) }),
    ...(network && { onConnection: network.onConnection }),
    isAlive: () => isContainerRunning(container),
    [Symbol.asyncDispose]() {
      isDisposed = true;
      commands[Symbol.dispose]();
      network?.[Symbol.dispose]();
      return remove();
    },
  };
}

function besideLanes(target: ExecTarget): (process: ProcessOptions) => Promise<WrappedProcess> {
  return (process) => {
    target.hasCommandsBesideLanes = true;
    return openProcess(target.container, process);
  };
}

function filesOf({ engine, started, commands, spec, image }: Omit<SandboxParts, "target" | "network" | "onRemoved">): Files {
  const { uid, gid } = started.report;
  const { archivesFollowLinks } = engine.differences;
  const files = { container: started.container, run: commands.run, workdir: spec.workdir, uid, gid, archivesFollowLinks };
  return image.hasShell ? sandboxFiles({ ...files, ...engineArchives(files) }) : plainFiles(files);
}

function needsShell(what: string, { image }: PreparedImage): AssayError {
  return new AssayError("config/unsupported", `${what} needs a shell (sh), which image "${image}" does not have.`, {
    hint: "Use an image with /bin/sh, or run commands as lists of a program and its arguments.",
  });
}

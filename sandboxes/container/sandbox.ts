/** Puts the parts of a started container together into a sandbox. */
import { posix } from "node:path";
import type { Sandbox, SandboxSpec } from "../../src/index.ts";
import { removeContainer, type StartedContainer } from "./container.ts";
import { shellArgv, type Commands, type ExecTarget } from "./exec.ts";
import { containerFiles } from "./files.ts";
import type { PreparedImage } from "./image.ts";
import { listFiles } from "./list-files.ts";
import { gone } from "./process.ts";
import { readFiles } from "./read-files.ts";
import { openShell } from "./shell.ts";

export interface SandboxParts {
  started: StartedContainer;
  target: ExecTarget;
  commands: Commands;
  spec: SandboxSpec;
  image: PreparedImage;
  /** Called once the container is gone. */
  onRemoved: () => void;
}

export function containerSandbox({ started, target, commands, spec, image, onRemoved }: SandboxParts): Sandbox {
  const { container, report } = started;
  const { run } = commands;
  const absolute = (path = "."): string => posix.resolve(spec.workdir, path);
  let removal: Promise<void> | undefined;
  const living = (): void => {
    if (removal) throw gone();
  };
  return {
    id: container.id,
    workdir: spec.workdir,
    applied: {
      image: image.image,
      digest: image.digest,
      user: `${report.uid}:${report.gid}`,
      network: spec.network,
      cpus: report.cpus,
      memoryMiB: report.memoryMiB,
      pids: report.pids,
      hasCapabilities: report.hasCapabilities,
      hasNoNewPrivileges: report.hasNoNewPrivileges,
    },
    async exec(command, options = {}) {
      living();
      const argv = typeof command === "string" ? shellArgv(command) : command;
      return run(argv, { ...options, cwd: absolute(options.cwd) });
    },
    async shell(options = {}) {
      living();
      return openShell(target, commands, { cwd: absolute(options.cwd), env: options.env ?? {} });
    },
    ...containerFiles({ container, run, workdir: spec.workdir, uid: report.uid, gid: report.gid }),
    listFiles: (folders, options) => listFiles(run, folders, options),
    readFiles: (paths, options) => readFiles(run, paths, options),
    [Symbol.asyncDispose]() {
      commands[Symbol.dispose]();
      removal ??= removeContainer(container).finally(onRemoved);
      return removal;
    },
  };
}

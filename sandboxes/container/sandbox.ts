/** Puts the parts of a started container together into a sandbox. */
import { posix } from "node:path";
import type { Sandbox, SandboxSpec } from "../../src/index.ts";
import { removeContainer, type StartedContainer } from "./container.ts";
import { engineExec, shellArgv, type ExecTarget } from "./exec.ts";
import { containerFiles } from "./files.ts";
import type { PreparedImage } from "./image.ts";
import { gone } from "./process.ts";
import { openShell } from "./shell.ts";

/** `onRemoved` is called once the container is gone. */
export function containerSandbox(started: StartedContainer, spec: SandboxSpec, image: PreparedImage, onRemoved: () => void): Sandbox {
  const { container, user, home, report } = started;
  const target: ExecTarget = { container, oomKills: 0, user, env: home === undefined ? {} : { HOME: home } };
  const run = engineExec(target);
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
      return openShell(target, run, { cwd: absolute(options.cwd), env: options.env ?? {} });
    },
    ...containerFiles({ container, run, workdir: spec.workdir, uid: report.uid, gid: report.gid }),
    [Symbol.asyncDispose]() {
      removal ??= removeContainer(container).finally(onRemoved);
      return removal;
    },
  };
}

/** Puts the parts of a sandbox in Modal together. */
import { posix } from "node:path";
import type { Sandbox, SandboxSpec } from "../../src/index.ts";
import { shellArgv, type CommandTarget } from "../container/commands/commands.ts";
import { refusedForNul } from "../container/commands/no-nul.ts";
import { openShell } from "../container/commands/shell.ts";
import { containerUsage } from "../container/commands/usage.ts";
import { sandboxFiles } from "../container/files/files.ts";
import { fileLister } from "../container/files/list-files.ts";
import { readFiles } from "../container/files/read-files.ts";
import { notingTimeout, type TimedOutCommand } from "../container/grading/outlived.ts";
import { onceUnlessFailed } from "../container/once-unless-failed.ts";
import { appliedLimits } from "./applied.ts";
import { modalCommands } from "./commands.ts";
import { estimatedUsd } from "./cost.ts";
import { gone } from "./errors.ts";
import { modalArchives } from "./files.ts";
import type { ModalImage } from "./image.ts";
import { takeSnapshot } from "./snapshot.ts";
import type { StartedMachine } from "./start.ts";
import { modalVerifier } from "./verify.ts";

export interface SandboxParts {
  started: StartedMachine;
  spec: SandboxSpec;
  image: ModalImage;
  /** Called once it is gone. */
  onRemoved: () => void;
}

export function modalSandbox({ started, spec, image, onRemoved }: SandboxParts): Sandbox {
  const { machine, users, report, startedAt } = started;
  const target: CommandTarget = { oomKills: 0, user: started.user, env: { HOME: started.home }, isRunning: () => machine.isRunning() };
  const commands = modalCommands(machine, { users, target, env: spec.env });
  const { run } = commands;
  const timedOut: TimedOutCommand[] = [];
  const hasOwnHome = spec.user === undefined;
  const verify = modalVerifier({ machine, users, target, workdir: spec.workdir, env: spec.env, hasOwnHome, report, timedOut });
  const absolute = (path = "."): string => posix.resolve(spec.workdir, path);
  const remove = onceUnlessFailed(() => machine.terminate().then(onRemoved));
  const living = (): void => {
    if (machine.ended.aborted) throw gone();
  };
  return {
    id: machine.sandbox.sandboxId,
    workdir: spec.workdir,
    applied: appliedLimits(spec, image, started),
    async exec(command, options = {}) {
      living();
      const argv = typeof command === "string" ? shellArgv(command) : command;
      return refusedForNul(argv, options) ?? notingTimeout(timedOut, commands, () => run(argv, { ...options, cwd: absolute(options.cwd) }));
    },
    async shell(options = {}) {
      living();
      const shell = openShell(target, commands, { open: commands.open, cwd: absolute(options.cwd), env: { ...spec.env, ...options.env } });
      return { ...shell, exec: (command, execOptions) => notingTimeout(timedOut, commands, () => shell.exec(command, execOptions)) };
    },
    ...sandboxFiles({ run, workdir: spec.workdir, ...modalArchives(machine, run, report) }),
    listFiles: fileLister(run),
    readFiles: (paths, options) => readFiles(run, paths, options),
    async verify(request) {
      living();
      return verify(request);
    },
    async snapshot(options) {
      living();
      return takeSnapshot(machine, options);
    },
    async usage() {
      const seconds = (performance.now() - startedAt) / 1000;
      const used = await containerUsage(run).catch(() => ({ peakMemoryMiB: null, cpuMs: null }));
      return { ...used, estimatedCostUsd: estimatedUsd(spec, seconds) };
    },
    isAlive: () => machine.isRunning(),
    [Symbol.asyncDispose]() {
      commands[Symbol.dispose]();
      return remove();
    },
  };
}

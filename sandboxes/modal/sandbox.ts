/** Puts the parts of a sandbox in Modal together. */
import { posix } from "node:path";
import type { ExecResult, Sandbox, SandboxSpec } from "../../src/index.ts";
import { shellArgv, type CommandTarget } from "../container/commands/commands.ts";
import { openShell } from "../container/commands/shell.ts";
import { containerUsage } from "../container/commands/usage.ts";
import { sandboxFiles } from "../container/files/files.ts";
import { fileLister } from "../container/files/list-files.ts";
import { readFiles } from "../container/files/read-files.ts";
import { notingTimeout, type TimedOutCommand } from "../container/grading/outlived.ts";
import { appliedLimits } from "./applied.ts";
import { modalCommands } from "./commands.ts";
import { estimatedUsd } from "./cost.ts";
import { gone } from "./errors.ts";
import { modalArchives } from "./files.ts";
import type { ModalImage } from "./image.ts";
import type { Machine } from "./machine.ts";
import { takeSnapshot } from "./snapshot.ts";
import type { StartedMachine } from "./start.ts";
import { modalVerifier } from "./verify.ts";

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
  const remove = remover(machine, onRemoved);
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
      if ([...argv, ...Object.values(options.env ?? {}), options.cwd].some((text) => text?.includes("\0"))) return NUL_REFUSED;
      return notingTimeout(timedOut, commands, () => run(argv, { ...options, cwd: absolute(options.cwd) }));
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

/** Ends it in Modal, once; what failed may be tried again. */
function remover(machine: Machine, onRemoved: () => void): () => Promise<void> {
  let removal: Promise<void> | undefined;
  return () => {
    removal ??= machine.terminate().then(onRemoved, (error: unknown) => {
      removal = undefined;
      throw error;
    });
    return removal;
  };
}

/** How commands get into a container: what all ways have in common. */
import type { Container } from "dockerode";
import type { ExecOptions, ExecResult } from "../../../src/index.ts";
import { SHELL } from "../system-shell.ts";

/** Runs a program in a sandbox; `cwd` is absolute. Files and `Sandbox.exec` know nothing else of how a command gets there. */
export type RunCommand = (argv: readonly string[], options: ExecOptions & { cwd: string }) => Promise<ExecResult>;

/** How commands get into a sandbox. Disposing of it leaves the container alone. */
export interface Commands extends Disposable {
  run: RunCommand;
  /** Kills everything that carries a command's tag; the whole container where that cannot be done. */
  kill(tag: string, user: string): Promise<void>;
  /** Looks after a shell of this user until it is disposed of or has told that the shell will not answer; not there where nobody can. */
  watch?(pid: number, user: string, onLost: (state: "dead" | "stopped") => void): Disposable;
}

/** What commands know of the sandbox that they run in, whatever it is. */
export interface CommandTarget {
  /** Processes of this sandbox that the kernel has killed for memory, as far as was looked. */
  oomKills: number;
  /** The user of a command that names none, and what its environment has beyond the sandbox's. */
  readonly user: string;
  readonly env: Readonly<Record<string, string>>;
  isRunning(): Promise<boolean>;
}

export interface ExecTarget extends CommandTarget {
  readonly container: Container;
  /** Whether there ever was a command beside the lanes, a session's or by the engine's exec: its daemons cannot be told from others. */
  hasCommandsBesideLanes: boolean;
}

/** After a kill the stream ends at once; beyond this the container is taken for broken. */
export const AFTER_KILL_MS = 5_000;
/** 128 + SIGKILL. */
export const KILLED_EXIT_CODE = 137;

/** The target's own environment (its home folder) belongs to its own user only. */
export function environmentOf(target: CommandTarget, user: string): Readonly<Record<string, string>> {
  return user === target.user ? target.env : {};
}

/** The program of a command line for `sh`. The kernel takes at most 128 KiB an argument, so a long one goes in pieces. */
export function shellArgv(command: string): readonly string[] {
  if (Buffer.byteLength(command) <= MAX_ARGUMENT_BYTES) return [SHELL, "-c", command, "sh"];
  const pieces: string[] = [];
  // A character is at most 3 bytes for each of its UTF-16 units.
  const unitsPerPiece = Math.floor(MAX_ARGUMENT_BYTES / 3);
  for (let from = 0, to = 0; from < command.length; from = to) {
    to = from + unitsPerPiece;
    if (/[\ud800-\udbff]/.test(command.charAt(to - 1))) to -= 1;
    pieces.push(command.slice(from, to));
  }
  return [SHELL, "-c", 'command=; for piece; do command="$command$piece"; done; set --; eval "$command"', "sh", ...pieces];
}

const MAX_ARGUMENT_BYTES = 120_000;

/**
 * Grades what an agent left in its container: with files that are put there now and that it cannot write, by another user in a process
 * that the engine starts, with a result that the engine reads from outside.
 */
import { randomBytes } from "node:crypto";
import type { Container } from "dockerode";
import { AssayError, DEFAULTS, nameVerifierFolders, type ExecResult, type VerifyRequest, type VerifyResult } from "../../../src/index.ts";
import { removeContainer } from "../engine/remove-container.ts";
import { isUnreachable } from "../engine/engine-call.ts";
import { oneLine, type Engine } from "../engine/engine.ts";
import type { ExecTarget, RunCommand } from "../commands/commands.ts";
import { explainKill } from "../commands/explain-kill.ts";
import { endOutlived, killEverything, openToGroup, type RunScript } from "./agent-processes.ts";
import type { TimedOutCommand } from "./outlived.ts";
import { killContainer } from "../commands/kill.ts";
import type { ContainerReport } from "../start/parse-report.ts";
import { pause } from "../stop.ts";
import { runVerifierProcess } from "./verifier-process.ts";
import { KILL_ALL, KILL_OWN, programs, VERIFIER_START } from "./verifier-scripts.ts";
import { MAX_LEFT_BYTES } from "./verifier-entries.ts";
import { verifierUids } from "./verifier-users.ts";
import { placeFiles, readLeftFile, verifierFolders, verifierMounts } from "./verifier-volume.ts";
import { ownScript, SHELL } from "../system-shell.ts";

export interface VerifyTarget {
  engine: Engine;
  target: ExecTarget;
  imageId: string;
  /** The same as the container's own, so that `prune` finds what a crash leaves. */
  labels: Record<string, string>;
  workdir: string;
  report: ContainerReport;
  /** The commands of this sandbox that timed out so far. */
  timedOut: readonly TimedOutCommand[];
  /** The second containers that are there: none between two verifiers, unless the engine could not remove one. */
  fillers: Set<Container>;
}

/** For looking into the files of an agent that may be in the way. */
const PREPARATION_TIMEOUT_MS = 30_000;
/** An engine's exec needs a few processes more than the script that it starts. */
const START_ATTEMPTS = 20;
const RETRY_MS = 100;

/** Returns `Sandbox.verify` of one container. */
export function containerVerifier(parts: VerifyTarget): (request: VerifyRequest) => Promise<VerifyResult> {
  const nextUid = verifierUids(parts.report.uid);
  return async (request) => {
    request.signal?.throwIfAborted();
    const uid = nextUid();
    try {
      const notes = notesOn(parts, request);
      if (request.processes === "killed") await killAllIn(parts);
      else if (parts.timedOut.length > 0) notes.push(...(await endOutlived(scriptsIn(parts), parts, `${uid}:${parts.report.gid}`)));
      return await verify(parts, request, uid, notes);
    } catch (error) {
      if (!isUnreachable(error)) throw error;
      const { title } = parts.engine;
      throw new AssayError("sandbox/failed", `${title} stopped answering while a sandbox was graded: ${oneLine(error)}`, { cause: error });
    }
  };
}

function notesOn({ report }: VerifyTarget, { processes = "live" }: VerifyRequest): string[] {
  const notes: string[] = [];
  if (report.uid === 0) {
    const what = processes === "live" ? "its processes were running, and " : "";
    notes.push(`The agent was root: ${what}the score is only as honest as the programs of the image, which it could change.`);
  }
  return notes;
}

async function verify(parts: VerifyTarget, request: VerifyRequest, uid: number, notes: string[]): Promise<VerifyResult> {
  const name = randomBytes(12).toString("hex");
  const user = `${uid}:${parts.report.gid}`;
  const folders = verifierFolders(name);
  const { command, files = {}, resultFile } = request;
  const script = typeof command === "string" ? nameVerifierFolders(command, folders) : undefined;
  const argv = typeof command === "string" ? [SHELL, folders.command] : command;
  const fillerName = `${parts.target.container.id}-verifier-${name}`;
  const filler = parts.engine.docker.getContainer(fillerName);
  const remove = async (): Promise<void> => {
    await removeContainer(filler);
    parts.fillers.delete(filler);
  };
  let removal: Promise<void> | undefined;
  parts.fillers.add(filler);
  try {
    const placing = createFiller(parts, fillerName).then(() =>
      placeFiles(filler, { name, uid, gid: parts.report.gid, files, ...(script !== undefined && { command: script }) }),
    );
    // Settled, so that nothing is being created any more when it is removed.
    const [placed, opened] = await Promise.allSettled([
      placing,
      (request.modes ?? "opened") === "kept" || openToGroup(scriptsIn(parts), { ...parts, home: parts.target.env["HOME"] }),
    ]);
    if (placed.status === "rejected") throw placed.reason;
    const isOpen = opened.status === "fulfilled" && opened.value;
    if (!isOpen) notes.push("The agent's private files could not be opened to the verifier.");
    // While the verifier runs; a failure is met at the end.
    if (resultFile === undefined) removal = remove();
    removal?.catch(() => {});
    const run = (): Promise<ExecResult> =>
      runAs(parts, request, {
        user,
        argv,
        env: { ...programs(parts.report), HOME: folders.home, TMPDIR: folders.temporary, ...request.env },
      });
    const result = await run().catch(async (error: unknown) => {
      if (request.processes === "killed" || !isStartFailure(error)) throw error;
      // An agent that leaves no room for its verifier is not to go unscored for that.
      await killAllIn(parts);
      notes.push("The verifier could not start beside the agent's processes, which were ended first.");
      return run();
    });
    const left = resultFile === undefined ? undefined : await readLeftFile(filler, `${folders.results}/${resultFile}`, MAX_LEFT_BYTES);
    return { ...result, left, user, notes };
  } catch (error) {
    if (error instanceof AssayError || request.signal?.aborted) throw error;
    throw new AssayError("score/failed", `${parts.engine.title} could not run the verifier: ${oneLine(error)}`, { cause: error });
  } finally {
    await (removal ?? remove());
  }
}

/** The container that writes the files and reads the result. It is never started: nothing in it can be in the way. */
async function createFiller({ engine, target, imageId, labels }: VerifyTarget, name: string): Promise<void> {
  await engine.docker.createContainer({
    name,
    Image: imageId,
    Entrypoint: [SHELL],
    Cmd: [],
    Labels: labels,
    HostConfig: { NetworkMode: "none", Mounts: verifierMounts(target.container.id, labels, "writable") },
  });
}

async function runAs(
  { target, workdir }: VerifyTarget,
  request: VerifyRequest,
  { user, argv, env }: { user: string; argv: readonly string[]; env: Record<string, string> },
): Promise<ExecResult> {
  const mark = randomBytes(16).toString("hex");
  const result = await runVerifierProcess(target.container, {
    argv: [SHELL, "-c", VERIFIER_START, "sh", mark, workdir, ...argv],
    user,
    env,
    ...(request.stdin !== undefined && { stdin: request.stdin }),
    timeoutMs: request.timeoutMs ?? DEFAULTS.commandTimeoutMs,
    maxOutputBytes: (request.maxOutputBytes ?? DEFAULTS.recordedBytes) + mark.length,
    ...(request.signal && { signal: request.signal }),
    kill: () => killUser(target.container, user),
  });
  const hasStarted = Buffer.from(result.stdout.subarray(0, mark.length)).toString() === mark;
  if (!hasStarted) {
    throw new AssayError("score/failed", `The verifier did not start in the sandbox: ${saidBy(result)}`, {
      hint: "A verifier needs a POSIX shell (sh) in the image.",
    });
  }
  const look: RunCommand = (command) => runProgram(target.container, user, command);
  return explainKill(target, look, { ...result, stdout: result.stdout.subarray(mark.length) });
}

function saidBy({ stdout, stderr, exitCode, timedOut }: ExecResult): string {
  if (timedOut) return "it was not given a turn within its time.";
  return `status ${exitCode}. ${oneLine(Buffer.concat([stderr, stdout]).toString().slice(0, 300))}`.trim();
}

function scriptsIn({ target: { container } }: VerifyTarget): RunScript {
  return (user, script, args) => runScript(container, user, script, args);
}

function killAllIn({ target: { container }, report }: VerifyTarget): Promise<void> {
  return killEverything((user) => killAll(container, user), report);
}

async function killUser(container: Container, user: string): Promise<void> {
  const killed = await runScript(container, user, KILL_OWN, []).catch(() => undefined);
  // Nothing goes on running after its time.
  if (killed?.exitCode !== 0) await killContainer(container);
}

/** Whether the engine could start nothing in the container, of whatever cause: no room, no shell. */
function isStartFailure(error: unknown): boolean {
  return error instanceof AssayError && error.code === "score/failed";
}

/** Its script's own statuses are 0 and 1: with another one it never ran, beside an agent that takes every process it can get. */
async function killAll(container: Container, user: string): Promise<ExecResult> {
  for (let attempt = 1; ; attempt += 1) {
    const isLast = attempt === START_ATTEMPTS;
    const result = await runScript(container, user, KILL_ALL, []).catch((error: unknown) => {
      if (isLast || !isStartFailure(error)) throw error;
      return undefined;
    });
    if (result && (isLast || result.timedOut || result.exitCode <= 1)) return result;
    await pause(RETRY_MS, []);
  }
}

function runScript(container: Container, user: string, script: string, args: readonly string[]): Promise<ExecResult> {
  return runProgram(container, user, ownScript(script, args));
}

function runProgram(container: Container, user: string, argv: readonly string[]): Promise<ExecResult> {
  return runVerifierProcess(container, {
    argv,
    user,
    timeoutMs: PREPARATION_TIMEOUT_MS,
    maxOutputBytes: 64 * 1024,
    kill: async () => {},
  });
}

/**
 * Grades what an agent left in its sandbox in Modal: with files that root puts there now, by another user in a process that Modal
 * starts, with an exit code that Modal tells.
 *
 * It holds against an agent that is not root: that can neither reach the files nor the processes of root and of the verifier's user.
 */
import { randomBytes } from "node:crypto";
import { buffer } from "node:stream/consumers";
import { pack } from "tar-stream";
import { AssayError, DEFAULTS, nameVerifierFolders, type ExecResult, type VerifyRequest, type VerifyResult } from "../../src/index.ts";
import type { CommandTarget, RunCommand } from "../container/commands/commands.ts";
import { explainKill } from "../container/commands/explain-kill.ts";
import { oneLine } from "../container/engine/engine.ts";
import { endOutlived, killEverything, openToGroup, type RunScript } from "../container/grading/agent-processes.ts";
import type { TimedOutCommand } from "../container/grading/outlived.ts";
import { foldersIn, MAX_LEFT_BYTES, verifierEntries, type VerifierFolders } from "../container/grading/verifier-entries.ts";
import { verifierUids } from "../container/grading/verifier-users.ts";
import { KILL_ALL, KILL_OWN, programs, VERIFIER_START } from "../container/grading/verifier-scripts.ts";
import type { ContainerReport } from "../container/start/parse-report.ts";
import type { Users } from "./known-users.ts";
import type { Machine } from "./machine.ts";
import { runPlain } from "./plain-run.ts";
import { staged, VERIFIER_FOLDER } from "./staged.ts";
import { ownScript, SHELL } from "../container/system-shell.ts";

export interface VerifyTarget {
  machine: Machine;
  users: Users;
  target: CommandTarget;
  workdir: string;
  /** Whether the home folder was made for the agent: another is the image's. */
  hasOwnHome: boolean;
  /** The spec's own. */
  env: Readonly<Record<string, string>>;
  report: ContainerReport;
  /** The commands of this sandbox that timed out so far. */
  timedOut: readonly TimedOutCommand[];
}

const PREPARATION_MS = 60_000;
/** Modal's own helpers may be among root's processes. */
const SPARED_UIDS = ["0"];

/** Returns `Sandbox.verify` of one sandbox. */
export function modalVerifier(parts: VerifyTarget): (request: VerifyRequest) => Promise<VerifyResult> {
  const nextUid = verifierUids(parts.report.uid);
  return async (request) => {
    request.signal?.throwIfAborted();
    const uid = nextUid();
    const user = `${uid}:${parts.report.gid}`;
    const notes: string[] = [];
    if (parts.report.uid === 0) {
      notes.push("The agent was root: it could change the programs of its image, and reach the verifier's files while they were there.");
    }
    const runScript = scriptsOf(parts);
    if (request.processes === "killed") await killEverything((each) => runScript(each, KILL_ALL, []), parts.report, SPARED_UIDS);
    else if (parts.timedOut.length > 0) notes.push(...(await endOutlived(runScript, parts, user)));
    return verify(parts, request, { user, uid, notes });
  };
}

async function verify(
  parts: VerifyTarget,
  request: VerifyRequest,
  { user, uid, notes }: { user: string; uid: number; notes: string[] },
): Promise<VerifyResult> {
  const { machine, report, target } = parts;
  // A name that nothing can wait for, in a folder where only root makes others.
  const own = `${VERIFIER_FOLDER}/${randomBytes(12).toString("hex")}`;
  const folders = foldersIn(own, `${own}/work`);
  const { command, files = {}, resultFile } = request;
  const script = typeof command === "string" ? nameVerifierFolders(command, folders) : undefined;
  const argv = typeof command === "string" ? [SHELL, folders.command] : command;
  try {
    const [, isOpen] = await Promise.all([
      place(machine, folders, { uid, gid: report.gid }, verifierEntries(folders, files, script)),
      (request.modes ?? "opened") === "kept" ||
        openToGroup(scriptsOf(parts), { report, workdir: parts.workdir, home: parts.hasOwnHome ? target.env["HOME"] : undefined }).catch(
          () => false,
        ),
    ]);
    if (!isOpen) notes.push("The agent's private files could not be opened to the verifier.");
    const env = { ...programs(report), HOME: folders.home, TMPDIR: folders.temporary, ...parts.env, ...request.env };
    const result = await runVerifier(parts, request, { user, argv, env });
    const left = resultFile === undefined ? undefined : await readLeft(parts, user, `${folders.results}/${resultFile}`);
    return { ...result, left, user, notes };
  } catch (error) {
    if (error instanceof AssayError || request.signal?.aborted) throw error;
    throw new AssayError("score/failed", `Modal could not run the verifier: ${oneLine(error)}`, { cause: error });
  } finally {
    await runPlain(machine, { argv: ownScript('exec rm -rf "$1"', [folders.own]), timeoutMs: PREPARATION_MS }).catch(() => {});
  }
}

async function place(
  machine: Machine,
  folders: VerifierFolders,
  owner: { uid: number; gid: number },
  entries: ReturnType<typeof verifierEntries>,
): Promise<void> {
  const archive = pack();
  for (const { path, content, ...header } of entries) archive.entry({ ...header, ...owner, name: path.slice(1) }, content);
  archive.finalize();
  const placed = await runPlain(machine, {
    argv: ownScript("exec tar -xpf - -C /"),
    stdin: await buffer(archive),
    timeoutMs: PREPARATION_MS,
  });
  if (placed.exitCode === 0) return;
  throw new AssayError(
    "score/failed",
    `The verifier's files could not be put into ${folders.own}: ${oneLine(Buffer.from(placed.stderr).toString())}`,
    {
      hint: "A verifier in Modal needs tar in the image.",
    },
  );
}

async function runVerifier(
  { machine, users, target, workdir }: VerifyTarget,
  request: VerifyRequest,
  { user, argv, env }: { user: string; argv: readonly string[]; env: Record<string, string> },
): Promise<ExecResult> {
  const mark = randomBytes(16).toString("hex");
  const command = await staged(machine, { argv, env, owner: user });
  const run = async (words: readonly string[]): Promise<readonly string[]> => users.as(user, words);
  const result = await runPlain(machine, {
    argv: await run([SHELL, "-c", VERIFIER_START, "sh", mark, workdir, ...command.argv]),
    env: command.env,
    ...(request.stdin !== undefined && { stdin: request.stdin }),
    timeoutMs: request.timeoutMs ?? DEFAULTS.commandTimeoutMs,
    maxOutputBytes: (request.maxOutputBytes ?? DEFAULTS.recordedBytes) + mark.length,
    signal: request.signal,
    kill: async () => {
      const killed = await runPlain(machine, { argv: await run(ownScript(KILL_OWN)), timeoutMs: PREPARATION_MS }).catch(() => undefined);
      // Nothing goes on running after its time.
      if (killed?.exitCode !== 0 && (await machine.isRunning())) await machine.terminate();
    },
  }).finally(() => command.remove());
  if (Buffer.from(result.stdout.subarray(0, mark.length)).toString() !== mark) {
    const said = oneLine(Buffer.concat([result.stderr, result.stdout]).toString());
    throw new AssayError("score/failed", `The verifier did not start in the sandbox: status ${result.exitCode}. ${said}`, {
      hint: "A verifier needs a POSIX shell (sh) in the image.",
    });
  }
  const look: RunCommand = async (words) => runPlain(machine, { argv: await run(words), timeoutMs: PREPARATION_MS });
  return explainKill(target, look, { ...result, stdout: result.stdout.subarray(mark.length) });
}

/** By the verifier's own user: a link that it left leads nobody further than itself. */
const READ_LEFT = '[ -f "$1" ] && [ ! -h "$1" ] || exit 81; exec head -c "$2" "$1"';

async function readLeft({ machine, users }: VerifyTarget, user: string, path: string): Promise<Uint8Array | undefined> {
  const argv = await users.as(user, ownScript(READ_LEFT, [path, String(MAX_LEFT_BYTES + 1)]));
  const { stdout, exitCode } = await runPlain(machine, { argv, timeoutMs: PREPARATION_MS, maxOutputBytes: MAX_LEFT_BYTES + 1 });
  return exitCode === 0 && stdout.length <= MAX_LEFT_BYTES ? stdout : undefined;
}

function scriptsOf({ machine, users }: VerifyTarget): RunScript {
  return async (user, script, args) =>
    runPlain(machine, {
      argv: await users.as(user, ownScript(script, args)),
      timeoutMs: PREPARATION_MS,
      maxOutputBytes: 1024 * 1024,
    });
}

/** Runs what decides a score in a sandbox: out of the agent's reach where the backend can, else as well as its commands allow. */
import { randomBytes } from "node:crypto";
import { posix } from "node:path";
import { AssayError } from "../core/errors.ts";
import { writeContent } from "../core/file-content.ts";
import { nameVerifierFolders } from "../core/verifier-folders.ts";
import type { Sandbox, VerifyRequest, VerifyResult } from "../core/sandbox.ts";

/**
 * By the sandbox's own `verify`; in a sandbox without it by an ordinary command, with the files in a folder of a random name that is
 * removed afterwards. What such a sandbox cannot do at all throws `score/failed`.
 */
export async function runVerifier(sandbox: Sandbox, request: VerifyRequest): Promise<VerifyResult> {
  return sandbox.verify ? sandbox.verify(request) : runUnprotected(sandbox, request);
}

async function runUnprotected(sandbox: Sandbox, request: VerifyRequest): Promise<VerifyResult> {
  if (request.processes === "killed") {
    throw new AssayError("score/failed", "This sandbox cannot end the agent's processes before grading.", {
      hint: 'Add "protectsVerifier" to the task\'s `sandbox.needs`, so that it is refused there before it starts.',
    });
  }
  const folder = `/tmp/verifier-${randomBytes(8).toString("hex")}`;
  const results = `${folder}/results`;
  const { command, files = {}, stdin, env, timeoutMs, maxOutputBytes, signal, resultFile } = request;
  try {
    if (typeof command === "string" || resultFile !== undefined) await sandbox.writeFile(`${results}/.keep`, "");
    for (const [path, content] of Object.entries(files)) await writeContent(sandbox, `${folder}${posix.resolve("/", path)}`, content);
    const result = await sandbox.exec(typeof command === "string" ? nameVerifierFolders(command, { files: folder, results }) : command, {
      cwd: sandbox.workdir,
      ...(stdin !== undefined && { stdin }),
      ...(env && { env: { ...env } }),
      ...(timeoutMs !== undefined && { timeoutMs }),
      ...(maxOutputBytes !== undefined && { maxOutputBytes }),
      ...(signal && { signal }),
    });
    const left = resultFile === undefined ? undefined : await readIfThere(sandbox, `${results}/${resultFile}`);
    return { ...result, left, user: "", notes: [] };
  } finally {
    await sandbox.exec(["rm", "-rf", folder]).catch(() => {});
  }
}

async function readIfThere(sandbox: Sandbox, path: string): Promise<Uint8Array | undefined> {
  try {
    return await sandbox.readFile(path);
  } catch (error) {
    if (error instanceof AssayError && error.code === "sandbox/path") return undefined;
    throw error;
  }
}

/**
 * Grades what an agent left in an embedded sandbox. Nothing of the agent's runs then: a command leaves no process behind, and the
 * interpreter itself is a new one, which has all its own programs again. The folders are new, under names that nobody could know.
 */
import { randomBytes } from "node:crypto";
import { posix } from "node:path";
import { AssayError, nameVerifierFolders, writeContent, type Sandbox, type VerifyRequest, type VerifyResult } from "../../src/index.ts";

/** `renew` ends the interpreter; the sandbox's next command starts another over the same files. */
export function embeddedVerifier(sandbox: Sandbox, renew: () => Promise<void>): (request: VerifyRequest) => Promise<VerifyResult> {
  return async ({ command, files = {}, resultFile, stdin, env, timeoutMs, maxOutputBytes, signal }) => {
    const root = `/.verifier-${randomBytes(12).toString("hex")}`;
    const folders = { files: `${root}/files`, results: `${root}/results`, home: `${root}/home`, temporary: `${root}/tmp` };
    await renew();
    await sandbox.exec(["mkdir", "-p", ...Object.values(folders)], { cwd: "/" });
    for (const [path, content] of Object.entries(files))
      await writeContent(sandbox, `${folders.files}${posix.resolve("/", path)}`, content);
    const result = await sandbox.exec(typeof command === "string" ? nameVerifierFolders(command, folders) : command, {
      cwd: sandbox.workdir,
      env: { HOME: folders.home, TMPDIR: folders.temporary, ...env },
      ...(stdin !== undefined && { stdin }),
      ...(timeoutMs !== undefined && { timeoutMs }),
      ...(maxOutputBytes !== undefined && { maxOutputBytes }),
      ...(signal && { signal }),
    });
    const left = resultFile === undefined ? undefined : await readIfThere(sandbox, `${folders.results}/${resultFile}`);
    await sandbox.exec(["rm", "-rf", root], { cwd: "/" });
    return { ...result, left, user: "user", notes: [] };
  };
}

async function readIfThere(sandbox: Sandbox, path: string): Promise<Uint8Array | undefined> {
  try {
    return await sandbox.readFile(path);
  } catch (error) {
    if (error instanceof AssayError && error.code === "sandbox/path") return undefined;
    throw error;
  }
}

/**
 * The shell and the programs of what Assay itself runs in a sandbox. By path, or from the system's folders first: the `PATH` of an image may
 * begin with a folder that its user can write (`/go/bin`, say), and what runs as root or as a verifier must not be the agent's.
 */
export const SHELL = "/bin/sh";

/** For the rest of a script. */
export const SYSTEM_PROGRAMS_FIRST = "PATH=/usr/sbin:/usr/bin:/sbin:/bin:$PATH; export PATH";

/** A script of Assay's own as a command. */
export function ownScript(script: string, args: readonly string[] = []): string[] {
  return [SHELL, "-c", `${SYSTEM_PROGRAMS_FIRST}; ${script}`, "sh", ...args];
}

/** A trial's sandbox as tools get it. */
import type { Sandbox } from "../../core/sandbox.ts";

/**
 * The model decides what a tool writes and where, so a tool writes with no more rights than the sandbox's user has. To look first
 * whether that user may is not enough: a process that the agent left behind can swap a folder for a link in between.
 */
export function toolSandbox(sandbox: Sandbox): Sandbox {
  return { ...sandbox, writeFile: (path, content, options) => sandbox.writeFile(path, content, { ...options, rights: "user" }) };
}

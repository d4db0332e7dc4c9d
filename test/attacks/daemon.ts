/** What an agent leaves running: of no family, session, environment or open file that its command had. */

/** A shell command that starts a program so, and ends. */
export function daemon(...argv: readonly string[]): string {
  return `python3 -c '
import os, sys
if os.fork(): sys.exit()
os.setsid()
if os.fork(): os._exit(0)
null = os.open("/dev/null", os.O_RDWR)
for fd in (0, 1, 2): os.dup2(null, fd)
os.closerange(3, 256)
os.execve(sys.argv[1], sys.argv[1:], {"PATH": os.environ["PATH"]})' ${argv.map(quoted).join(" ")}`;
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

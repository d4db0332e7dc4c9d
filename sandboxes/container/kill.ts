/** Ends everything that a command started inside its container. */
import type { Container } from "dockerode";
import { openProcess, TAG_VARIABLE } from "./process.ts";
import { stopAfter } from "./stop.ts";

/**
 * Kills what carries the tag, what is in a session with it, and the children of these, until nothing is left.
 * Builtins only, so that it needs no further process where a fork bomb holds them all.
 */
const KILL_SCRIPT = `
tag=$1; own=$$; sessions=' '
belongs() {
  case $sessions in *" $3 "*) return 0 ;; esac
  case $family in *" $2 "*) return 0 ;; esac
  while IFS= read -r line || [ -n "$line" ]; do
    case $line in *"$tag"*) [ "$3" -le 1 ] || sessions="$sessions$3 "; return 0 ;; esac
  done <"/proc/$1/environ"
  return 1
}
round=0
while [ $round -lt 200 ]; do
  family=' '
  for folder in /proc/[0-9]*; do
    pid=\${folder#/proc/}
    [ "$pid" -gt 1 ] && [ "$pid" != "$own" ] || continue
    stat=
    while IFS= read -r line; do stat="$stat$line "; done <"$folder/stat"
    set -- \${stat##*)}
    case \${1:-Z} in Z | X) continue ;; esac
    belongs "$pid" "$2" "$4" && family="$family$pid "
  done 2>/dev/null
  [ "$family" != ' ' ] || exit 0
  kill -9 $family
  round=$((round + 1))
done 2>/dev/null
exit 1
`;

const KILL_TIMEOUT_MS = 10_000;

/**
 * Kills a command's process tree. When that cannot be done from inside, the container itself is killed:
 * nothing goes on running after its time.
 */
export async function killTree(container: Container, tag: string, user: string): Promise<void> {
  if (await killFromInside(container, tag, user)) return;
  await container.kill().catch(() => {});
}

async function killFromInside(container: Container, tag: string, user: string): Promise<boolean> {
  try {
    using killer = await openProcess(container, {
      argv: ["sh", "-c", KILL_SCRIPT, "sh", `${TAG_VARIABLE}=${tag}`],
      user,
      cwd: "/",
      env: {},
      hasInput: false,
      onOutput: () => {},
    });
    using stop = stopAfter(KILL_TIMEOUT_MS, []);
    return (await killer.waitForExit(stop.signal)) === 0;
  } catch {
    return false;
  }
}

/** What lies in folders of a container, by one command: GNU find where there is one, busybox's find and stat elsewhere. */
import { randomBytes } from "node:crypto";
import { AssayError, type FileListing, type ListFilesOptions } from "../../src/index.ts";
import type { RunCommand } from "./exec.ts";
import { parseListing } from "./parse-listing.ts";

/** Room for a path of usual length and what is said of it. */
const BYTES_PER_ENTRY = 256;

/**
 * Prints the clock, what is left out, which find it is, a record for each path, and a last one that proves that all came.
 * `$1` most bytes, `$2` a random mark, `$3` changed since (seconds, or empty), `$4` the same as minutes ago, then folders.
 *
 * With -H a work folder that is itself a link is followed. Of the whole root, the system's own folders are left out where the
 * user may not write there: they make up most of it. Every piece ends with a NUL, or with the mark where busybox knows no NUL:
 * a name may hold anything but these. The clock is the time of a process's folder in /proc, which was made just now: busybox's
 * date knows whole seconds only, and each program that is started costs a millisecond.
 */
const SCRIPT = `
limit=$1 mark=$2 since=$3 minutes=$4
shift 4
set -f
LC_ALL=C export LC_ALL
command -v find >/dev/null || exit 85
left='/proc /sys /dev'
case " $* " in *' / '*) [ -w /usr ] || left="$left /usr /lib /lib32 /lib64 /libx32 /bin /sbin /boot";; esac
prune=
for folder in $left; do prune="$prune\${prune:+ -o }-path $folder"; done
now=$(find -L /proc/self -maxdepth 0 -printf %C@ 2>/dev/null)
if [ "$now" ]; then
  {
    printf '%s\\0' "$now" "$left" gnu
    find -H "$@" '(' $prune ')' -prune -o \\
      '(' -type d '(' '!' -readable -o '!' -executable ')' -printf 'unreadable\\0%p\\0\\0' -false ')' -o \\
      \${since:+-newerct @$since} -printf '%y %D:%i %m %s %C@ %T@\\0%p\\0%l\\0' 2>/dev/null
    printf 'end\\0\\0\\0'
  } | head -c "$limit"
else
  command -v stat >/dev/null || exit 85
  {
    printf "%s$mark" "$(stat -L -c '%Z %z' /proc/self 2>/dev/null || date +%s)" "$left" busybox
    find -H "$@" '(' $prune ')' -prune -o \${since:+-cmin -$minutes} -exec stat -c "%f %d:%i %s %Z %Y %z$mark%n$mark%N$mark" {} +
    printf "end$mark$mark$mark"
  } | head -c "$limit"
fi
`;
const NO_FIND = 85;

export async function listFiles(run: RunCommand, folders: readonly string[], options: ListFilesOptions): Promise<FileListing> {
  const { maxEntries, timeoutMs, changedSinceMs, signal } = options;
  const mark = randomBytes(12).toString("hex");
  const sinceSeconds = changedSinceMs === undefined ? "" : (changedSinceMs / 1000).toFixed(6);
  const minutes = changedSinceMs === undefined ? "" : String(Math.ceil(Math.max(0, Date.now() - changedSinceMs) / 60_000) + 1);
  const limit = maxEntries * BYTES_PER_ENTRY;
  const argv = ["sh", "-c", SCRIPT, "sh", String(limit), mark, sinceSeconds, minutes, ...folders];
  const result = await run(argv, { cwd: "/", timeoutMs, maxOutputBytes: limit + BYTES_PER_ENTRY * 256, ...(signal && { signal }) });
  if (result.exitCode === NO_FIND) {
    throw new AssayError("sandbox/failed", "Files cannot be listed: the image has neither GNU find nor busybox's find and stat.", {
      hint: "Install findutils in the image.",
    });
  }
  return parseListing(result, { mark, maxEntries });
}

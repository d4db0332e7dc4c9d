/** What lies in folders of a container, by one process: GNU find where there is one, a script of busybox's find and stat elsewhere. */
import { randomBytes } from "node:crypto";
import { AssayError, type FileListing, type ListFilesOptions } from "../../../src/index.ts";
import { runBounded } from "../commands/bounded-run.ts";
import type { RunCommand } from "../commands/commands.ts";
import { parseListing } from "./parse-listing.ts";
import { SHELL } from "../system-shell.ts";

/** Room for a path of usual length and what is said of it. */
const BYTES_PER_ENTRY = 256;

/** Kernel file systems: nobody keeps work there. */
const SYSTEM = ["/proc", "/sys", "/dev"];
/** Most of what an image holds; left out of the whole root where the sandbox's user may not write there anyway. */
const PROGRAMS = ["/usr", "/lib", "/lib32", "/lib64", "/libx32", "/bin", "/sbin", "/boot"];

/** The exit code of the script below where something is missing. */
const NO_FIND = 85;

/** Lists folders by `run`; finds out once which find there is. */
export function fileLister(run: RunCommand): (folders: readonly string[], options: ListFilesOptions) => Promise<FileListing> {
  let isBusybox = false;
  return async (folders, options) => {
    if (!isBusybox) {
      const listing = await listByGnu(run, folders, options);
      if (listing) return listing;
      isBusybox = true;
    }
    return listByBusybox(run, folders, options);
  };
}

/** Undefined where the find is another one. With -H a work folder that is itself a link is followed. */
async function listByGnu(run: RunCommand, folders: readonly string[], options: ListFilesOptions): Promise<FileListing | undefined> {
  const isRoot = folders.includes("/");
  const since = options.changedSinceMs === undefined ? "" : `-newerct @${(options.changedSinceMs / 1000).toFixed(6)}`;
  const programs = isRoot ? `( ${anyOf(PROGRAMS)} ! -writable -printf left\\0%p\\0\\0 -prune ) -o` : "";
  const unreadable = String.raw`( -type d ( ! -readable -o ! -executable ) -printf unreadable\0%p\0\0 -false ) -o`;
  // The folder of a process in /proc was made just now: it tells the clock of the change times.
  const clock = String.raw`( -path /proc/self -printf clock\0%C@\0\0 -prune ) -o`;
  const expression = `${clock} ${anyOf(SYSTEM)} -prune -o ${programs} ${unreadable} ${since} -printf`.split(" ").filter(Boolean);
  const argv = ["find", "-H", "/proc/self", ...folders, ...expression, String.raw`%y %D:%i %m %s %C@ %T@\0%p\0%l\0`];
  const output = await runBounded(run, argv, bounds(options));
  // It ends with 1 where some folder may not be read.
  const isComplete = output.exitCode === 0 || output.exitCode === 1;
  const wanted = { separator: "\0", style: "gnu" as const, maxEntries: options.maxEntries, leftOut: SYSTEM };
  const listing = parseListing({ ...output, isComplete }, wanted);
  // One that was ended before it printed anything may well be GNU's: it keeps back the first 4 KiB.
  if (!listing && output.exitCode === undefined) {
    throw new AssayError("sandbox/failed", `The files could not be listed within ${Math.round(options.timeoutMs)} ms.`);
  }
  return listing;
}

function anyOf(paths: readonly string[]): string {
  return `( ${paths.map((path) => `-path ${path}`).join(" -o ")} )`;
}

function bounds({ maxEntries, timeoutMs, signal }: ListFilesOptions) {
  return { maxBytes: (maxEntries + 1) * BYTES_PER_ENTRY, timeoutMs, signal };
}

/**
 * Prints the same records; `$1` is a random mark that ends each piece, since busybox knows no NUL and a name may hold anything
 * else; `$2` a bound in minutes on the age of changes, or empty; `$3` the folders left out; then folders. Busybox's date knows
 * whole seconds only, the folder of a process in /proc tells more.
 */
const BUSYBOX = `
mark=$1 minutes=$2 left=$3
shift 3
set -f
command -v find >/dev/null && command -v stat >/dev/null || exit ${NO_FIND}
prune=
case " $* " in *' / '*) [ -w /usr ] || for folder in ${PROGRAMS.join(" ")}; do
  left="$left $folder"
  printf "left$mark%s$mark$mark" "$folder"
done;; esac
for folder in $left; do prune="$prune\${prune:+ -o }-path $folder"; done
printf "clock$mark%s$mark$mark" "$(stat -L -c '%Z %z' /proc/self 2>/dev/null || date +%s)"
find -H "$@" '(' $prune ')' -prune -o \${minutes:+-cmin -$minutes} -exec stat -c "%f %d:%i %s %Z %Y %z$mark%n$mark%N$mark" {} +
printf "end$mark$mark$mark"
`;

async function listByBusybox(run: RunCommand, folders: readonly string[], options: ListFilesOptions): Promise<FileListing> {
  const mark = randomBytes(12).toString("hex");
  const { changedSinceMs } = options;
  const minutes = changedSinceMs === undefined ? "" : String(Math.ceil(Math.max(0, Date.now() - changedSinceMs) / 60_000) + 1);
  const output = await runBounded(run, [SHELL, "-c", BUSYBOX, "sh", mark, minutes, SYSTEM.join(" "), ...folders], bounds(options));
  const wanted = { separator: mark, style: "busybox" as const, maxEntries: options.maxEntries, leftOut: SYSTEM };
  const listing = output.exitCode === NO_FIND ? undefined : parseListing({ ...output, isComplete: false }, wanted);
  if (listing) return listing;
  throw new AssayError("sandbox/failed", "Files cannot be listed: the image has neither GNU find nor busybox's find and stat.", {
    hint: "Install findutils in the image.",
  });
}

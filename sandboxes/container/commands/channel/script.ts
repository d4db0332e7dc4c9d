/** What is said to the shells of the channel, in POSIX sh: dash, busybox ash and bash read it alike. */
import { sayNoFolder, TAG_VARIABLE } from "../wrapped-exec.ts";
import { isShellName, quote } from "../shell-words.ts";
import { SHELL } from "../../system-shell.ts";

/**
 * The first words to a lane's shell. Its own stderr goes nowhere ("Killed", "Cannot fork"), a command gets the real one
 * through stream 4. Signals to its whole group are caught and not ignored, since commands would inherit that.
 *
 * `assay_end` tells a command's end on both streams: the mark, then `STATUS;CHILDREN`. Orphans become children of process 1,
 * so that a new one there is something that a command left behind; those in its own session, a lane's shell and what it waits
 * with, are left out. They are looked at again only where there are others than last time.
 */
const COMMON = `exec 4>&2 2>/dev/null
trap : HUP INT QUIT TERM USR1 USR2
assay_end() {
  assay_now=; read -r assay_now </proc/1/task/1/children
  [ "$assay_now" = "$assay_seen" ] || assay_notice
  printf '%s%s\\n' "$1" "$2;$assay_children"; printf '%s\\n' "$1" >&4
}
assay_read() { assay_stat=; while IFS= read -r assay_line; do assay_stat="$assay_stat$assay_line "; done <"/proc/$1/stat"; }
assay_notice() {
  assay_seen=$assay_now; assay_children=
  for assay_pid in $assay_now; do
    assay_read "$assay_pid"
    set -- \${assay_stat##*)}
    [ "\${4:-0}" = 1 ] || assay_children="$assay_children $assay_pid"
  done
}
`;

/** Programs that a lane uses besides the shell's builtins. */
const NEEDED_PROGRAMS = "setsid head cat";

/** Makes a shell a lane; answers with `mark`, its process id and what is missing for a lane to work here. */
export function laneBoot(mark: string): string {
  return `${COMMON}assay_missing=
for assay_name in ${NEEDED_PROGRAMS}; do command -v "$assay_name" >/dev/null || assay_missing="$assay_missing $assay_name"; done
assay_setsid=$(command -v setsid)
[ -r /proc/1/task/1/children ] || assay_missing="$assay_missing /proc/1/task/1/children"
printf '%s%s\\n' ${quote(mark)} "$$$assay_missing"; printf '%s\\n' ${quote(mark)} >&4
`;
}

export interface LaneCommand {
  argv: readonly string[];
  cwd: string;
  env: Readonly<Record<string, string>>;
  tag: string;
}

/**
 * One command: in a session of its own, so that its group can be killed and its own signals to its group stay there.
 * One compound line, which the shell reads whole before it begins.
 */
export function commandScript(command: LaneCommand, mark: string): string {
  return `( ${enter(command)} ) </dev/null 2>&4 4>&-; assay_end ${quote(mark)} $?\n`;
}

/**
 * The same with `inputBytes` bytes of stdin, which may be sent once `ready` was printed: shells read ahead. What the
 * command leaves unread is read to its end, for it would be taken for the next command.
 */
export function commandScriptWithInput(command: LaneCommand, mark: string, ready: string, inputBytes: number): string {
  return (
    `printf '%s\\n' ${quote(ready)}; head -c ${inputBytes} 4>&- | { ( ${enter(command)} ) 2>&4 4>&-; assay_status=$?; ` +
    `if IFS= read -r assay_rest; then cat >/dev/null; fi; exit $assay_status; }; assay_end ${quote(mark)} $?\n`
  );
}

function enter({ argv, cwd, env, tag }: LaneCommand): string {
  const names = Object.keys(env);
  const exported = [`${TAG_VARIABLE}=${tag}`, ...names.filter(isShellName).map((name) => `${name}=${quote(env[name] ?? "")}`)];
  // What no shell can name is set by a program. SHLVL is ash's count of the shells around it, which are ours.
  const others = names.filter((name) => !isShellName(name)).map((name) => quote(`${name}=${env[name]}`));
  const start = ['exec "$assay_setsid"', ...(others.length > 0 ? ["env", ...others] : [])].join(" ");
  const words = argv.map(quote).join(" ");
  // A shell says best what is missing, and is left out where nothing is: it would be one program more to start.
  const run =
    argv[0] === "sh" || argv[0] === SHELL
      ? `${start} ${words}`
      : `set -- ${words}; command -v "$1" >/dev/null && ${start} "$@"; ${start} sh -c 'exec "$@"' sh "$@"`;
  return `cd -- ${quote(cwd)} 2>/dev/null || { ${sayNoFolder(quote(cwd))}; exit 126; }; unset OLDPWD SHLVL; export ${exported.join(" ")}; ${run}`;
}

/**
 * Makes a shell the control of a user's lanes. Builtins only, so that it needs no further process where a fork bomb
 * holds them all.
 *
 * `assay_kill TAG LANES ORPHANS MARK LANE` ends what a command started:
 * - at once the groups that the children of LANE lead, and theirs, where there is a LANE;
 * - then, until nothing is left, what carries the TAG, what is in a session with it and the children of these;
 * - where ORPHANS is 1, also the children of process 1: what cleared its environment and left its parents.
 * LANES are spared. Where there are many processes all of the user's are stopped meanwhile: beside a fork bomb this shell would
 * get no time. Process 1 is given a moment to reap what was killed: until then the next command could find no room for a process.
 *
 * `assay_look MARK PIDS` prints the state of each process, `-` for one that is not there.
 */
export function controlBoot(mark: string): string {
  return `${COMMON}${KILL}${LOOK}printf '%s%s\\n' ${quote(mark)} "$$"; printf '%s\\n' ${quote(mark)} >&4
`;
}

const KILL = `assay_belongs() {
  case $sessions in *" $3 "*) return 0 ;; esac
  case $family in *" $2 "*) return 0 ;; esac
  [ "$orphans" = 1 ] && [ "$2" = 1 ] && [ "$3" -gt 1 ] && return 0
  while IFS= read -r line || [ -n "$line" ]; do
    case $line in *"$tag"*) [ "$3" -le 1 ] || sessions="$sessions$3 "; return 0 ;; esac
  done <"/proc/$1/environ"
  return 1
}
assay_kill() {
  tag=$1; spared=" $$ $2 "; orphans=$3; mark=$4; sessions=' '; round=0; left=1; groups=; inner=
  count=0; read -r count </sys/fs/cgroup/pids.current || read -r count </sys/fs/cgroup/pids/pids.current
  [ "$count" -le 200 ] || kill -s STOP -- -1
  [ "$5" = 0 ] || read -r groups <"/proc/$5/task/$5/children"
  for pid in $groups; do read -r inner <"/proc/$pid/task/$pid/children"; kill -9 -- -"$pid" || for pid in $inner; do kill -9 -- -"$pid"; done; done
  while [ $round -lt 200 ]; do
    family=' '; unreaped=
    for folder in /proc/[0-9]*; do
      pid=\${folder#/proc/}
      [ "$pid" -gt 1 ] || continue
      case $spared in *" $pid "*) continue ;; esac
      assay_read "$pid"
      set -- \${assay_stat##*)}
      case \${1:-Z} in Z | X) [ "$2" != 1 ] || unreaped=1; continue ;; esac
      assay_belongs "$pid" "$2" "$4" && family="$family$pid "
    done
    round=$((round + 1))
    if [ "$family" = ' ' ]; then
      left=0
      [ -n "$unreaped" ] && [ $round -lt 50 ] || break
    else
      left=1
      kill -9 $family
    fi
  done
  [ "$count" -le 200 ] || kill -s CONT -- -1
  assay_end "$mark" $left
}
`;

const LOOK = `assay_look() {
  mark=$1; shift; states=
  for pid; do
    assay_read "$pid"
    stat=\${assay_stat##*) }
    states="$states \${stat%%[!A-Za-z]*}"
    case $stat in '') states="$states-" ;; esac
  done
  assay_end "$mark" "$states"
}
`;

export interface KillTarget {
  tag: string;
  /** Shells of lanes. */
  spared: readonly number[];
  /** The shell that runs the command, where it is a lane's. */
  lane?: number | undefined;
  /** Whether the children of process 1 are the command's too. */
  killsOrphans?: boolean;
}

export function killScript({ tag, spared, lane = 0, killsOrphans = false }: KillTarget, mark: string): string {
  const words = [quote(`${TAG_VARIABLE}=${tag}`), quote(spared.join(" ")), killsOrphans ? 1 : 0, quote(mark), lane];
  return `assay_kill ${words.join(" ")}\n`;
}

export function lookScript(pids: readonly number[], mark: string): string {
  return `assay_look ${quote(mark)} ${pids.join(" ")}\n`;
}

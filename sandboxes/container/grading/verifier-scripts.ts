/** What runs in a container before and after a verifier. Builtins where it must work in a container that is out of processes. */

/**
 * Says that it runs, by `$1`, goes to the work folder and becomes the verifier. The mark is gone from the process list with it.
 * A folder that the agent removed is its own failure, which the verifier finds: it then starts in the root.
 */
export const VERIFIER_START = 'mark=$1; cd -- "$2" 2>/dev/null || cd /; shift 2; umask 022; printf %s "$mark"; exec "$@"';

/** A verifier finds its programs where the agent can change none, before it looks elsewhere. */
export function programs({ path }: { path: readonly string[] }): { PATH?: string } {
  return path.length === 0 ? {} : { PATH: path.join(":") };
}

/** Prints the processes of `$all`, without zombies, the first process and this shell. */
const LIST = `
list() {
  found=' '
  for folder in /proc/[0-9]*; do
    pid=\${folder#/proc/}
    [ "$pid" -gt 1 ] && [ "$pid" != $$ ] || continue
    stat=
    while IFS= read -r line; do stat="$stat$line "; done <"$folder/stat"
    set -- \${stat##*)}
    case \${1:-Z} in Z | X) continue ;; esac
    found="$found$pid "
  done 2>/dev/null
}
`;

/**
 * Kills all that this user may kill, except the first process. A kill of all cannot be outrun by forks: what lives afterwards was
 * started since by the first process or the engine. Fails where something lived through two of them.
 */
export const KILL_ALL = `${LIST}
round=0
kill -9 -1 2>/dev/null
while [ $round -lt 100 ]; do
  list; before=$found
  [ "$before" != ' ' ] || exit 0
  kill -9 -1 2>/dev/null
  list; left=
  for pid in $before; do case $found in *" $pid "*) left="$left $pid" ;; esac; done
  [ -n "$left" ] || exit 0
  round=$((round + 1))
done
for pid in $left; do
  while read -r key value _; do case $key in Uid:) echo "$value" ;; esac; done <"/proc/$pid/status"
done 2>/dev/null
exit 1
`;

/** Kills what this user runs, at a verifier's timeout. */
export const KILL_OWN = "kill -9 -1 2>/dev/null; exit 0";

/**
 * Lets the group, which the verifier shares, into files of the user \`$1\`: it may write in the work folder \`$2\` where the user may,
 * save in what is private, and read what is private there and in the other folders. Nothing is done to links and to other users' files.
 * A folder that cannot be searched is passed over; fails where a search was ended by a signal or could not begin.
 */
export const OPEN_TO_GROUP = `
user=$1; workdir=$2
find "$workdir" -xdev -user "$user" ! -type l -perm -0240 ! -perm -0020 -exec chmod g+w {} +
[ $? -lt 126 ] || exit 1
shift
find "$@" -xdev -user "$user" ! -type l \\( ! -perm -0040 -o -type d ! -perm -0050 \\) -exec chmod g+rX {} +
[ $? -lt 126 ]
`;

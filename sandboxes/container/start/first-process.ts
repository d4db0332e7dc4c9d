/** The first process of a container: it reports what really holds for it, and then stays. */
import { SHELL, SYSTEM_PROGRAMS_FIRST } from "../system-shell.ts";

/** What the report holds only when it is asked for. */
export type Asked = "mounts" | "ulimits" | "disk";

/**
 * Prints the report. Builtins only, but for the disk; control groups v2 first, then v1. `$1` and `$2` are the work and the
 * home folder, `$4` what is asked for.
 */
export const REPORT_SCRIPT = `
first() { for file; do { read -r value <"$file"; } 2>/dev/null && { echo "$value"; return; }; done; echo; }
while read -r key value _; do
  case $key in Uid: | Gid: | CapEff: | NoNewPrivs: | Seccomp:) echo "$key $value" ;; esac
done </proc/self/status
cd /sys/fs/cgroup || cd /
echo "memory: $(first memory.max memory/memory.limit_in_bytes)"
echo "pids: $(first pids.max pids/pids.max)"
echo "cpu: $(first cpu.max cpu/cpu.cfs_quota_us cpu,cpuacct/cpu.cfs_quota_us) $(first cpu/cpu.cfs_period_us cpu,cpuacct/cpu.cfs_period_us)"
for folder in /sys/class/net/*; do
  { read -r flags <"$folder/flags"; } 2>/dev/null && echo "interface:\${folder##*/} $flags"
done
cd /
[ -w "$1" ] && echo "workdir: writable"
[ -w "$2" ] && echo "home: writable"
set -f; IFS=:
for folder in $PATH; do
  kind=own
  if cd -P "$folder" 2>/dev/null; then
    kind=system above=$PWD
    while :; do
      [ -w "$above/" ] && { kind=own; break; }
      [ -n "$above" ] || break
      above=\${above%/*}
    done
  fi
  case $folder in /*) printf 'path-%s:%s\\n' "$kind" "$folder" ;; esac
done
set +f; unset IFS
cd /
case $4 in *mounts*)
  while read -r _ path type options _; do
    case $path:$type in /:* | *:tmpfs) printf "mount:%s %s\\n" "$path" "$options" ;; esac
  done </proc/self/mounts ;;
esac
case $4 in *ulimits*) while read -r line; do echo "ulimit:$line"; done </proc/self/limits ;; esac
case $4 in *disk*) df -Pk / 2>/dev/null | { read -r _; read -r _ size _; echo "disk: $size"; } ;; esac
echo ready
`;

/**
 * Reaps orphans for ever, as `sh -c IDLE_LOOP sh IDLE_LOOP`. `wait` in a loop survives `kill -9 -1` from inside and leaves
 * no zombies, which a plain `sleep` does; signals are caught, since dash would end at a SIGINT; and where no process is
 * left for the `sleep`, which ends a shell, it begins anew.
 */
export const IDLE_LOOP = `case $PATH in /usr/sbin:*) ;; *) ${SYSTEM_PROGRAMS_FIRST} ;; esac; trap : HUP INT QUIT TERM; trap 'exec ${SHELL} -c "$1" sh "$1"' EXIT; while :; do sleep 3600 & wait $!; done`;

/**
 * What the first process does: the report, then a shell at the container's own stream for the command channel, so that a
 * sandbox can be used without any exec of the engine. In the foreground, since a shell's background commands get ignored
 * signals; the first process reaps orphans while it waits. Then it stays, whatever became of that shell.
 */
export function firstProcess(workdir: string, home: string, asked: readonly Asked[]): string[] {
  const script = `trap : HUP INT QUIT TERM\n${REPORT_SCRIPT}${SHELL}\nexec ${SHELL} -c "$3" sh "$3" >/dev/null 2>&1 </dev/null`;
  return [SHELL, "-c", script, "sh", workdir, home, IDLE_LOOP, asked.join(" ")];
}

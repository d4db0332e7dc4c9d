/**
 * Running as another user. Modal starts every command as root, so that a program has to change to the user first.
 *
 * `setpriv` takes any number and can also give up root's rights for good; `su -m` needs a name and keeps what it finds.
 */
import { AssayError } from "../../src/index.ts";
import { SHELL } from "../container/system-shell.ts";

export interface Identity {
  uid: number;
  gid: number;
  home: string;
  /** In /etc/passwd, where it is there. */
  name: string | undefined;
}

/** How users are changed in an image; `none` where nothing there can, and everything runs as root. */
export const SWITCHES = ["setpriv", "setpriv-plain", "su", "none"] as const;
export type Switch = (typeof SWITCHES)[number];

/**
 * Gives the streams to the user `$1` before it is changed to: they are root's, and a program that opens /dev/stderr once more
 * would not be let in. In a shell within, as the outer one's own stderr must be there meanwhile.
 */
const OWN_STREAMS =
  '[ -p /proc/$$/fd/0 ] && [ -p /proc/$$/fd/1 ] && [ -p /proc/$$/fd/2 ] && (exec 2>/dev/null; own chown "$1" /proc/$$/fd/[012])';

/**
 * Becomes the system's program of a name: this is still root, and the image's PATH may begin with a folder of the agent's. Without a
 * variable, which may be one of the command's.
 */
const OWN = `own() { ${["/usr/sbin", "/usr/bin", "/sbin", "/bin"].map((folder) => `[ -x "${folder}/$1" ] && exec "${folder}/$@"; `).join("")}exec "$@"; }`;
const BECOME = 'shift; own "$@"';

/** A crash writes no image of a process that may hold what it was given. */
const NO_CORE_FILES = "ulimit -c 0 2>/dev/null";

const SETPRIV_RIGHTS = ["--no-new-privs", "--inh-caps=-all", "--bounding-set=-all"];

/** The program that becomes `argv` as a user. `keepsRights` leaves root what it can do, as far as the switch would take it. */
export function asUser(how: Switch, { uid, gid, name }: Identity, argv: readonly string[], keepsRights: boolean): readonly string[] {
  if (how === "none" || (how === "su" && uid === 0)) return argv;
  const changed = changeUser(how, { uid, gid, name }, argv, keepsRights);
  const steps = [NO_CORE_FILES, OWN, ...(uid === 0 ? [] : [OWN_STREAMS]), BECOME];
  return [SHELL, "-c", steps.join("; "), "sh", `${uid}:${gid}`, ...changed];
}

function changeUser(
  how: Switch,
  { uid, gid, name }: Omit<Identity, "home">,
  argv: readonly string[],
  keepsRights: boolean,
): readonly string[] {
  if (how === "su") {
    return ["su", "-m", "-s", "/bin/sh", "-c", 'exec "$@"', name ?? ownName(uid, gid), "--", "sh", ...argv];
  }
  const groups = name === undefined ? "--clear-groups" : "--init-groups";
  const rights = how === "setpriv" && !keepsRights ? SETPRIV_RIGHTS : how === "setpriv" ? ["--no-new-privs"] : [];
  return ["setpriv", `--reuid=${uid}`, `--regid=${gid}`, groups, ...rights, "--", ...argv];
}

/** What `su` calls a user who is in no image: see {@link ADD_USERS}. */
function ownName(uid: number, gid: number): string {
  return `assay-${uid}-${gid}`;
}

/** Makes the name that `su` needs for a user who has none; `$1` is the name, then uid, gid and home. An `x` for the password would ask for a line in /etc/shadow. */
export const ADD_USER =
  'grep -q "^$1:" /etc/passwd || echo "$1:*:$2:$3::$4:/bin/sh" >>/etc/passwd; grep -q "^[^:]*:[^:]*:$3:" /etc/group || echo "$1:x:$3:" >>/etc/group';

export function addUserArguments({ uid, gid, home }: Identity): string[] {
  return [ownName(uid, gid), String(uid), String(gid), home];
}

/** Prints both of the files that name users; `resolveUser` reads it. */
export const PRINT_USERS = "cat /etc/passwd; echo; echo; cat /etc/group; true";

/**
 * Reads a user as the engines do: a name or a number, and a group after a colon. Undefined where there is no such name.
 * A number that no line names has the group 0 and the home folder `/`.
 */
export function resolveUser(user: string, files: string): Identity | undefined {
  const [passwd = "", group = ""] = files.split("\n\n\n");
  const [wantedUser = "", wantedGroup] = user.split(":");
  const isNumber = /^\d+$/.test(wantedUser);
  const line = rowsOf(passwd).find(([name, , uid]) => (isNumber ? uid === wantedUser : name === wantedUser));
  if (!line && !isNumber) return undefined;
  const [name, , uid = wantedUser, ownGid = "0", , home = "/"] = line ?? [];
  const gid = wantedGroup === undefined ? ownGid : groupNumber(wantedGroup, group);
  if (gid === undefined) return undefined;
  // A name whose own group is another one would bring that along.
  return { uid: Number(uid), gid: Number(gid), home: home === "" ? "/" : home, name: gid === ownGid ? name : undefined };
}

function groupNumber(wanted: string, group: string): string | undefined {
  return /^\d+$/.test(wanted) ? wanted : rowsOf(group).find(([name]) => name === wanted)?.[2];
}

function rowsOf(file: string): string[][] {
  return file.split("\n").map((line) => line.split(":"));
}

export function cannotSwitch(image: string): AssayError {
  return new AssayError(
    "sandbox/image",
    `Image "${image}" has neither setpriv nor su, so that nothing in Modal can run as another user than root.`,
    {
      hint: 'Install util-linux in the image, or let the task say `user: "root"`.',
    },
  );
}

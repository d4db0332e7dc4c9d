/** Modal's file system tool, which the SDK runs as a command: played by shell scripts. */
import { z } from "zod";

const TOOL = "/__modal/.bin/modal-sandbox-fs-tools";

const path = z.object({ path: z.string() });
const callSchema = z.union([
  z.object({ ReadFile: path }),
  z.object({ WriteFile: path }),
  z.object({ MakeDirectory: path }),
  z.object({ Remove: path.extend({ recursive: z.boolean().nullish() }) }),
]);

const FAIL = `fail() { printf '{"error_kind":"%s","message":"%s","detail":""}' "$1" "$2" >&2; exit 1; }`;

const SCRIPTS = {
  ReadFile: `${FAIL}
[ -e "$1" ] || fail NotFound 'no such file'
[ -d "$1" ] && fail IsDirectory 'is a directory'
exec cat -- "$1"`,
  WriteFile: `${FAIL}
[ -d "$1" ] && fail IsDirectory 'is a directory'
mkdir -p -- "$(dirname -- "$1")" 2>/dev/null || fail NotDirectory 'not a directory'
cat >"$1" || fail Other 'write failed'`,
  MakeDirectory: `${FAIL}
mkdir -p -- "$1" 2>/dev/null || fail NotDirectory 'not a directory'`,
  Remove: `${FAIL}
[ -e "$1" ] || fail NotFound 'no such file'
if [ "$2" = true ]; then rm -rf -- "$1"; else rm -d -- "$1" 2>/dev/null || fail DirectoryNotEmpty 'not empty'; fi`,
};

/** What runs instead of a call of the tool; the command itself where it is none, undefined where the tool's call is not played. */
export function withFsTools(argv: readonly string[]): readonly string[] | undefined {
  if (argv[0] !== TOOL) return argv;
  const call = callSchema.safeParse(JSON.parse(argv[1] ?? "{}"));
  if (!call.success) return undefined;
  for (const name of Object.keys(SCRIPTS) as (keyof typeof SCRIPTS)[]) {
    const given: { path: string; recursive?: boolean | null } | undefined = name in call.data ? Object.values(call.data)[0] : undefined;
    if (given) return ["sh", "-c", SCRIPTS[name], "sh", given.path, String(given.recursive ?? false)];
  }
  return undefined;
}

/** What an attempt changed in its work folders altogether, however many captures told it. */
import type { StoredFields } from "./read-trace.ts";

type Capture = StoredFields<"sandbox.files">;
type FileChange = NonNullable<Capture["changes"]>[number];

/** A path as it is at the end, with what it was at the beginning. */
interface Net {
  /** Whether something lay here before; undefined where that is not known. */
  wasThere: boolean | undefined;
  /** Undefined where nothing lies here now. */
  now: FileChange | undefined;
}

/**
 * One line a path, sorted. Captures cover one tool call or many, as time allowed, so changes are merged: created and then changed is
 * created, created and then deleted is nothing, a rename is a deletion and a creation. Only what lies in the folders of the first
 * capture counts, and no compiled Python, which one interpreter writes and another does not.
 */
export function projectFiles(captures: readonly Capture[]): string[] {
  if (captures.length === 0) return [];
  const folders = (captures.find(({ phase }) => phase === "start") ?? captures[0])?.folders ?? [];
  const isWanted = (path: string): boolean =>
    folders.some((folder) => path.startsWith(`${folder.replace(/\/$/, "")}/`)) && !path.split("/").includes("__pycache__");
  const net = new Map<string, Net>();
  for (const change of captures.flatMap(({ changes = [] }) => changes)) apply(net, change);
  const lines = [...net].filter(([path]) => isWanted(path)).flatMap(([path, state]) => lineOf(path, state));
  const last = captures.at(-1);
  const isWhole = last?.phase === "end" && last.changes !== undefined && last.omittedChanges === undefined;
  return [...lines.toSorted(), ...(isWhole ? [] : ["files unknown: the last capture is missing or not whole"])];
}

function apply(net: Map<string, Net>, change: FileChange): void {
  const { path, from } = change;
  const before = net.get(path);
  if (change.change === "deleted") net.set(path, { wasThere: before ? before.wasThere : true, now: undefined });
  else if (change.change === "created" || change.change === "renamed") net.set(path, { wasThere: before?.wasThere ?? false, now: change });
  else net.set(path, { wasThere: before ? before.wasThere : change.change === "written" ? undefined : true, now: change });
  if (from === undefined) return;
  const renamed = [...net].filter(([other]) => other === from || other.startsWith(`${from}/`));
  for (const [other, { wasThere, now }] of renamed) {
    net.set(other, { wasThere, now: undefined });
    if (other !== from && now) net.set(`${path}${other.slice(from.length)}`, { wasThere: false, now });
  }
  if (!renamed.some(([other]) => other === from)) net.set(from, { wasThere: true, now: undefined });
}

function lineOf(path: string, { wasThere, now }: Net): string[] {
  const name = JSON.stringify(path);
  if (!now) return wasThere === false ? [] : [`file ${name} deleted`];
  const what = wasThere === undefined ? "written" : wasThere ? "changed" : "created";
  const { kind, mode, sizeBytes, target, sha256 } = now;
  const details = [
    kind,
    // A link's own mode means nothing.
    ...(mode === undefined || kind === "link" ? [] : [mode.toString(8)]),
    ...(kind === "file" && sizeBytes !== undefined ? [`${sizeBytes} bytes`] : []),
    ...(sha256 === undefined ? [] : [sha256.slice(0, HASH_DIGITS)]),
    ...(target === undefined ? [] : [`→ ${JSON.stringify(target)}`]),
  ];
  return [`file ${name} ${what} ${details.join(" ")}`];
}

/** Enough to tell contents apart, short enough to be read. */
export const HASH_DIGITS = 16;

/** Whether a tar archive that an agent's machine made may be unpacked in another. */
import { posix } from "node:path";
import { Readable } from "node:stream";
import type { Header } from "tar-stream";

const PLAIN_TYPES = new Set<string>(["file", "contiguous-file", "directory", "symlink", "link"]);

/**
 * Says why not: an entry that is absolute, leads out by `..` or a link, or is a device, a pipe or a socket; or what is no tar at all.
 * Undefined for an archive that unpacks inside its folder. Links may point within the first entry's own tree only.
 */
export async function unsafeEntry(tar: Uint8Array): Promise<string | undefined> {
  // Loaded only where it is needed: a start of the program does without.
  const { extract } = await import("tar-stream");
  let root: string | undefined;
  try {
    for await (const entry of Readable.from([Buffer.from(tar.buffer, tar.byteOffset, tar.byteLength)]).pipe(extract())) {
      root ??= topOf(entry.header.name);
      const reason = unsafeHeader(entry.header, root);
      if (reason !== undefined) return `its entry ${JSON.stringify(entry.header.name.slice(0, 200))} ${reason}`;
      entry.resume();
    }
  } catch (error) {
    return `it is no readable archive (${error instanceof Error ? error.message : String(error)})`;
  }
  return undefined;
}

function unsafeHeader({ name, type, linkname }: Header, root: string): string | undefined {
  if (!PLAIN_TYPES.has(type ?? "file")) return `is a ${type}`;
  if (name.startsWith("/")) return "is absolute";
  if (name.split("/").includes("..")) return "leads out by ..";
  if (topOf(name) !== root) return "is outside of the artifact";
  if (type !== "symlink" && type !== "link") return undefined;
  if (!linkname) return "is a link to nothing";
  // A hard link's target is a name in the archive, a symbolic one's a path from where it stands.
  const target = type === "link" ? linkname : posix.join(posix.dirname(name), linkname);
  if (linkname.startsWith("/") || topOf(target) !== root) return `is a link to ${JSON.stringify(linkname.slice(0, 200))}, which leads out`;
  return undefined;
}

/** The first part of a path; "." of a tree that is packed without its name. */
function topOf(path: string): string {
  return posix.normalize(path).split("/")[0] ?? ".";
}

/**
 * Refuses an archive in which a file would be unpacked by way of a link: the engine unpacks as root and would follow it out of where the
 * file was, to the programs that grade say.
 *
 * No folder that stands still gives such an archive. It comes of one that a program swapped with a link between the engine's looks at it:
 * what the agent left running goes on meanwhile. It is refused, not put right: what else was swapped would not be known.
 */
import { posix } from "node:path";
import { PathTree } from "./path-tree.ts";
import type { TarEntry } from "./tar-entries.ts";

/** The same entries. An entry below a file is not looked for: that is refused by whoever unpacks it. */
export async function* refuseWaysByLinks(entries: AsyncIterable<TarEntry>): AsyncGenerator<TarEntry> {
  /** Where there is a link or, later in the archive, something else in its place. */
  const areLinks = new PathTree<boolean>();
  const isBelowLink = (path: string): boolean => areLinks.at(path).above.includes(true);
  for await (const entry of entries) {
    const { kind, ...named } = entry.header;
    const path = posix.resolve("/", named.path);
    const isHardLink = kind === "hard-link";
    if (isBelowLink(path) || (isHardLink && isBelowLink(posix.resolve("/", named.target)))) {
      throw new Error("the archive has a file below a link, as of a folder that was moved while it was read");
    }
    // A hard link may be one to a symbolic link.
    const isLink = kind === "link" || isHardLink;
    if (isLink || areLinks.at(path).own !== undefined) areLinks.set(path, isLink);
    yield entry;
  }
}

/** Archives for the contract's tests. */
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { extract, pack } from "tar-stream";

export interface Entry {
  name: string;
  content?: Uint8Array;
  mode?: number;
  linkname?: string;
  type?: "file" | "directory" | "symlink" | "link";
}

/** Entries without content are folders, unless they say otherwise. */
export async function toTar(entries: readonly Entry[]): Promise<Uint8Array> {
  const archive = pack();
  for (const { name, content, mode, linkname, type } of entries) {
    if (linkname !== undefined) archive.entry({ name, type: type ?? "symlink", linkname });
    else if (content) archive.entry({ name, mode: mode ?? 0o644 }, Buffer.from(content));
    else archive.entry({ name, type: "directory", mode: mode ?? 0o755 });
  }
  archive.finalize();
  return buffer(archive);
}

/** Entries by name; a folder's name without its slash. */
export async function fromTar(tar: Uint8Array): Promise<Entry[]> {
  const entries: Entry[] = [];
  for await (const entry of Readable.from([Buffer.from(tar)]).pipe(extract())) {
    const { name, mode, linkname, type } = entry.header;
    const content = await buffer(entry);
    // What a link's own mode is differs from system to system, and means nothing.
    const isLink = type === "symlink";
    entries.push({ name: name.replace(/\/$/, ""), content, ...(!isLink && { mode: (mode ?? 0) & 0o777 }), ...(linkname && { linkname }) });
  }
  return entries.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

/** Looking at many files of a sandbox at once: what tells whether they changed, and their contents. */

export type FileKind = "file" | "folder" | "link" | "other";

/** One path of a sandbox, as its file system describes it. Times are in milliseconds, as exact as the file system tells. */
export interface FileEntry {
  /** Absolute. Bytes that are not UTF-8 stand as `\xNN`. */
  path: string;
  kind: FileKind;
  sizeBytes: number;
  /** Permission bits. */
  mode: number;
  /** What a file keeps when it is renamed; compared only. */
  inode: string;
  /** When content, mode, owner, name or times changed last; a program cannot set it back. */
  changedAtMs: number;
  modifiedAtMs: number;
  /** Of a link: where it leads. */
  target?: string;
}

export interface FileListing {
  entries: FileEntry[];
  /** The sandbox's own clock when the listing began. */
  takenAtMs: number;
  /** Two changes that are closer than this can have the same `changedAtMs`. */
  clockStepMs: number;
  /** There is more: the bound on entries or the time was used up. */
  isTruncated: boolean;
  /** Folders that may not be looked into. */
  unreadable: string[];
  /** Folders that were left out on purpose. */
  leftOut: string[];
}

export interface ListFilesOptions {
  maxEntries: number;
  timeoutMs: number;
  /** Only what changed then or later, by the sandbox's own clock; a backend may give more. */
  changedSinceMs?: number;
  signal?: AbortSignal;
}

export interface ReadFilesOptions {
  /** Of all files together; what does not fit is left out. */
  maxBytes: number;
  /** A file is left out where one of the folders on the way to it, from the nearest of these on, has become a link. Default: none. */
  within?: readonly string[];
  timeoutMs: number;
  signal?: AbortSignal;
}

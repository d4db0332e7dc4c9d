/** A sandbox's files as a change of its image: what another sandbox can start from. */
import { z } from "zod";

export interface Snapshot {
  /** What it is a change of: the digest that the sandbox's `applied.imageDigest` told. */
  image: string;
  /** Absolute paths that the image has and the sandbox has not; they go before the archive comes. */
  deleted: readonly string[];
  /** Folders whose whole content is in the archive, whatever was there: those that are no part of the image. */
  replaced: readonly string[];
  /** A tar archive of what was created or changed, names relative to `/`. Can be read once; throws `sandbox/snapshot` where it is too large. */
  tar: AsyncIterable<Uint8Array>;
  /** What is in the archive, as far as it was read. */
  counted: { files: number; bytes: number };
}

export interface SnapshotOptions {
  /** Of the archive; what is larger gives no snapshot. Default 1 GiB. */
  maxBytes?: number;
  signal?: AbortSignal;
}

/** A snapshot in a run folder, as its trace event and its trial's row tell it; or why there is none. */
export const keptSnapshotSchema = z.union([
  z.object({
    sha256: z.string().describe("of the content of blobs/<sha256>.zst: a tar archive whose first entry, snapshot.json, tells the rest"),
    image: z.string().describe("the image's digest, of which it is a change"),
    files: z.number().int().describe("created or changed"),
    deleted: z.number().int().describe("paths of the image that are gone; what lies below them is not counted"),
    bytes: z.number().int(),
    storedBytes: z.number().int().describe("compressed"),
  }),
  z.object({ none: z.string().describe("why it could not be kept") }),
]);

export type KeptSnapshot = z.output<typeof keptSnapshotSchema>;

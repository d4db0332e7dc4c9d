/** A sandbox's files as something that another sandbox can start from. */
import { z } from "zod";

export type Snapshot = SnapshotArchive | SnapshotImage;

/** What is otherwise than in the sandbox's image. */
export interface SnapshotArchive {
  kind: "archive";
  /** What it is a change of: the digest that the sandbox's `applied.digest` told. */
  image: string;
  /** Absolute paths that the image has and the sandbox has not; they go before the archive comes. */
  deleted: readonly string[];
  /** Folders whose whole content is in the archive, whatever was there: those that are no part of the image. */
  replaced: readonly string[];
  /** A tar archive of what was created or changed, names relative to `/`. Can be read once; throws `sandbox/snapshot` where it is too large. */
  tar: AsyncIterable<Uint8Array>;
  /** What is in the archive, folders not counted, as far as it was read. */
  counted: { files: number };
}

/** An image in the store of the provider whose sandbox it was. Nothing else is known of it: not its size, not its files. */
export interface SnapshotImage {
  kind: "image";
  /** Its name there. */
  image: string;
}

export interface SnapshotOptions {
  /** Of an archive; what is larger gives no snapshot. Default 1 GiB. */
  maxBytes?: number;
  signal?: AbortSignal;
}

/** What a run folder keeps of a snapshot, as its trace event and its trial's row tell it; or why there is none. */
export const keptSnapshotSchema = z.union([
  z.object({
    kind: z.literal("archive"),
    sha256: z
      .string()
      .regex(/^[0-9a-f]{64}$/)
      .describe("of the content of blobs/<sha256>.zst: a tar archive whose first entry, snapshot.json, tells the rest"),
    image: z.string().describe("the image's digest, of which it is a change"),
    files: z.number().int().describe("created or changed"),
    deleted: z.number().int().describe("paths of the image that are gone; what lies below them is not counted"),
    bytes: z.number().int(),
    storedBytes: z.number().int().describe("compressed"),
  }),
  z.object({
    kind: z.literal("image"),
    image: z.string().describe("the name of the snapshot itself in the provider's own store, which tells neither its size nor its files"),
  }),
  z.object({ none: z.string().describe("why it could not be kept") }),
]);

export type KeptSnapshot = z.output<typeof keptSnapshotSchema>;

/** One that a sandbox can be started from. */
export type StoredSnapshot = Exclude<KeptSnapshot, { none: string }>;

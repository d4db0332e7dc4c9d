/** Stores a snapshot of so many random bytes, reads it again, and prints how much memory the process had more at its peak. */
import { randomBytes } from "node:crypto";
import { readSnapshot, storeSnapshot } from "../../src/store/snapshots.ts";

const [path = "", size = "0"] = process.argv.slice(2);
const PIECE_BYTES = 64 * 1024;

async function* tar(): AsyncGenerator<Uint8Array> {
  for (let left = Number(size); left > 0; left -= PIECE_BYTES) yield randomBytes(PIECE_BYTES);
}

const before = process.memoryUsage().rss;
const kept = await storeSnapshot(path, {
  kind: "archive",
  image: "image",
  deleted: [],
  replaced: [],
  tar: tar(),
  counted: { files: 1 },
});
let bytes = 0;
const read = await readSnapshot(path, kept);
if (read.kind === "archive") for await (const piece of read.tar) bytes += piece.length;
const peak = process.resourceUsage().maxRSS * 1024;
process.stdout.write(JSON.stringify({ grownBytes: peak - before, bytes: bytes + 1 }));

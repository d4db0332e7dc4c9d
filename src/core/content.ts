/** Content of a trace. */
import { z } from "zod";

/** Content of any size or kind: text as it is, bytes that are not valid UTF-8 as base64, anything over 64 KiB as a blob of the run folder. */
export const contentSchema = z.union([
  z.string(),
  z.object({ base64: z.string(), bytes: z.number().int() }),
  z.object({
    blob: z.string().describe("SHA-256 of the content; the file is blobs/<sha256>, or .zst when compressed"),
    bytes: z.number().int(),
    encoding: z.enum(["utf8", "binary"]),
  }),
]);

export type Content = z.output<typeof contentSchema>;

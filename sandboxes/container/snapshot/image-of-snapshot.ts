/** The image that a snapshot is a change of: found by its digest, wherever its name leads today. */
import { AssayError, type SandboxSpec, type Snapshot } from "../../../src/index.ts";
import type { PreparedImage } from "../image/image.ts";

export async function imageOfSnapshot(
  { kind, image }: Snapshot,
  prepare: (spec: Pick<SandboxSpec, "image" | "dockerfile">) => Promise<PreparedImage>,
): Promise<PreparedImage> {
  if (kind !== "archive")
    throw new AssayError("sandbox/snapshot", `The snapshot ${image} was not made by a container engine.`, {
      hint: "Start it with the sandbox that it was made with.",
    });
  try {
    return await prepare({ image, dockerfile: undefined });
  } catch (cause) {
    if (!(cause instanceof AssayError) || cause.code !== "sandbox/image") throw cause;
    throw new AssayError("sandbox/snapshot", `The snapshot is a change of image ${image}, which is not here and cannot be pulled.`, {
      hint: "Start it where it was made, or load the image again.",
      cause,
    });
  }
}

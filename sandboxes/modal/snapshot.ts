/** A sandbox's files as an image in Modal's own store, which tells neither its size nor its files. */
import { AssayError, type Snapshot, type SnapshotImage, type SnapshotOptions } from "../../src/index.ts";
import { failureKind, modalError, saidBy, within } from "./errors.ts";
import type { ModalImage } from "./image.ts";
import type { Machine } from "./machine.ts";
import type { Modal } from "./sdk.ts";

const TAKE_MS = 10 * 60_000;
const LOOK_MS = 60_000;
/** Modal's own default: it then removes the image by itself. */
const LIFE_MS = 30 * 24 * 3_600_000;

/** Throws `sandbox/snapshot`, or `sandbox/gone`. */
export async function takeSnapshot(machine: Machine, { signal }: SnapshotOptions = {}): Promise<SnapshotImage> {
  try {
    const taken = machine.sandbox.snapshotFilesystem({ timeoutMs: TAKE_MS, ttlMs: LIFE_MS });
    const { imageId } = await within(TAKE_MS, "a snapshot", taken, signal);
    return { kind: "image", image: imageId };
  } catch (error) {
    signal?.throwIfAborted();
    const failure = await machine.failure("a snapshot", error);
    if (failure.code === "sandbox/gone") throw failure;
    throw new AssayError("sandbox/snapshot", `The snapshot could not be taken: ${saidBy(error)}.`, { cause: error });
  }
}

/** What a sandbox starts from; throws `sandbox/snapshot` where Modal has it no more. */
export async function imageOfSnapshot(client: Modal.ModalClient, { kind, image }: Snapshot): Promise<ModalImage> {
  if (kind !== "image") {
    throw new AssayError("sandbox/snapshot", `The snapshot is a change of image ${image}, and was not made on Modal.`, {
      hint: "Start it with the sandbox that it was made with.",
    });
  }
  try {
    return { name: image, built: await within(LOOK_MS, "the look for a snapshot", client.images.fromId(image)) };
  } catch (error) {
    if (failureKind(error) !== "died" && failureKind(error) !== "config") throw modalError("the look for a snapshot", error);
    throw new AssayError("sandbox/snapshot", `Modal has no image ${image}: ${saidBy(error)}.`, {
      hint: "Modal keeps a snapshot for 30 days; run the trial again with --keep-snapshot.",
      cause: error,
    });
  }
}

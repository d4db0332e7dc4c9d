/** What travels between Assay and a forwarder: type (1 byte), connection (4, big-endian), length of the payload (4), payload. */

/**
 * `L` the forwarder listens; `O` a connection was made, the payload is its listener's number; `D` bytes; `E` no more bytes come this
 * way; `R` the connection is over; `W` so many more bytes may be sent (4, big-endian).
 */
const FRAME_TYPES = ["L", "O", "D", "E", "R", "W"] as const;
export type FrameType = (typeof FRAME_TYPES)[number];

export interface Frame {
  type: FrameType;
  connection: number;
  payload: Uint8Array;
}

const HEADER_BYTES = 9;
export const MAX_PAYLOAD_BYTES = 32 * 1024;

export function encodeFrame({ type, connection, payload }: Frame): Buffer {
  const bytes = Buffer.allocUnsafe(HEADER_BYTES + payload.length);
  bytes[0] = type.charCodeAt(0);
  bytes.writeUInt32BE(connection, 1);
  bytes.writeUInt32BE(payload.length, 5);
  bytes.set(payload, HEADER_BYTES);
  return bytes;
}

/** Returns a function to feed with pieces that may be split anywhere; it holds one frame at most and throws at what is none. */
export function frameReader(onFrame: (frame: Frame) => void): (chunk: Uint8Array) => void {
  const held = Buffer.alloc(HEADER_BYTES + MAX_PAYLOAD_BYTES);
  let heldBytes = 0;
  let wantedBytes = HEADER_BYTES;
  return (chunk) => {
    for (let offset = 0; offset < chunk.length;) {
      const piece = chunk.subarray(offset, offset + wantedBytes - heldBytes);
      held.set(piece, heldBytes);
      heldBytes += piece.length;
      offset += piece.length;
      if (heldBytes === HEADER_BYTES && wantedBytes === HEADER_BYTES) wantedBytes += checkedLength(held);
      if (heldBytes < wantedBytes) continue;
      const payload = Buffer.from(held.subarray(HEADER_BYTES, wantedBytes));
      const frame: Frame = { type: typeOf(held), connection: held.readUInt32BE(1), payload };
      [heldBytes, wantedBytes] = [0, HEADER_BYTES];
      onFrame(frame);
    }
  };
}

function checkedLength(header: Buffer): number {
  const length = header.readUInt32BE(5);
  if (length > MAX_PAYLOAD_BYTES) throw new Error(`a frame of ${length} bytes, where ${MAX_PAYLOAD_BYTES} is the most`);
  typeOf(header);
  return length;
}

function typeOf(header: Buffer): FrameType {
  const letter = String.fromCharCode(header[0] ?? 0);
  const type = FRAME_TYPES.find((known) => known === letter);
  if (type === undefined) throw new Error(`a frame of unknown type ${header[0]}`);
  return type;
}

/** The one number that a payload is. */
export function numberIn({ payload, type }: Frame): number {
  if (payload.length !== 4) throw new Error(`a frame ${type} of ${payload.length} bytes, where it has 4`);
  return Buffer.from(payload).readUInt32BE();
}

export function numberPayload(value: number): Uint8Array {
  const payload = Buffer.alloc(4);
  payload.writeUInt32BE(value);
  return payload;
}

/** From just-bash's strings back to bytes. */

/** Pieces of output that are not UTF-8, as strings of the characters 0–255, in the order they were printed. */
export interface RawOutput {
  stdout: string[];
  stderr: string[];
}

/** What a command prints: text where it is UTF-8, else one character a byte, which must be remembered in `raw`. */
export function toPrinted(bytes: Uint8Array, raw: string[]): { text: string; isRaw: boolean } {
  try {
    return { text: new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes), isRaw: false };
  } catch {
    const text = toLatin1(bytes);
    raw.push(text);
    return { text, isRaw: true };
  }
}

export function toLatin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
}

/** Encodes what was printed as UTF-8, and the pieces of `raw` that are found in it, in order, byte for byte. */
export function encodeOutput(printed: string, raw: readonly string[]): Uint8Array {
  const pieces: Buffer[] = [];
  let from = 0;
  for (const piece of raw) {
    const at = printed.indexOf(piece, from);
    if (at < 0) continue;
    pieces.push(Buffer.from(printed.slice(from, at), "utf8"), Buffer.from(piece, "latin1"));
    from = at + piece.length;
  }
  pieces.push(Buffer.from(printed.slice(from), "utf8"));
  return new Uint8Array(Buffer.concat(pieces));
}

/** Holds a TLS client to the host that its connection was made for: the name that it asks for (SNI) must be that one. */
import { Transform } from "node:stream";

const HANDSHAKE = 22;
const TLS_MAJOR = 3;
const CLIENT_HELLO = 1;
const SERVER_NAME = 0;
/** A client's first message is 300 to 2,000 bytes; what has not told its name by then is not let on. */
const MAX_HELLO_BYTES = 18 * 1024;

/** What `TlsNameGate` ends with for another host's name. */
export class OtherTlsName extends Error {}

/** Lets on what is no TLS, and TLS for `host` or for nobody by name; ends with `OtherTlsName` else. */
export class TlsNameGate extends Transform {
  readonly #host: string;
  #held: Buffer | undefined = Buffer.alloc(0);

  constructor(host: string) {
    super();
    this.#host = host;
  }

  override _transform(chunk: Buffer, _encoding: string, done: (error?: Error | null, bytes?: Buffer) => void): void {
    if (!this.#held) return done(null, chunk);
    const held = Buffer.concat([this.#held, chunk]);
    const found = tlsName(held);
    if (found === "incomplete" && held.length <= MAX_HELLO_BYTES) {
      this.#held = held;
      return done();
    }
    this.#held = undefined;
    const isFitting = found === undefined || (found !== "incomplete" && found.toLowerCase().replace(/\.$/, "") === this.#host);
    if (isFitting) done(null, held);
    else done(new OtherTlsName());
  }
}

/**
 * The name in a ClientHello, "" where the message is damaged; undefined where the bytes are no TLS or it has no name.
 * Source: RFC 8446, 4.1.2 and 5.1; RFC 6066, 3.
 */
export function tlsName(bytes: Buffer): string | undefined {
  if (bytes[0] !== HANDSHAKE) return bytes.length > 0 ? undefined : "incomplete";
  if (bytes.length < 2) return "incomplete";
  if (bytes[1] !== TLS_MAJOR) return undefined;
  const message = handshakeMessage(bytes);
  if (typeof message === "string") return message;
  try {
    return serverName(message);
  } catch {
    return "";
  }
}

/** The first handshake message, which may be spread over several records. */
function handshakeMessage(bytes: Buffer): Buffer | "incomplete" | "" {
  let message = Buffer.alloc(0);
  for (let offset = 0; ;) {
    if (message.length >= 4) {
      if (message[0] !== CLIENT_HELLO) return "";
      const length = 4 + message.readUIntBE(1, 3);
      if (message.length >= length) return message.subarray(4, length);
    }
    if (bytes.length < offset + 5) return "incomplete";
    if (bytes[offset] !== HANDSHAKE) return "";
    const length = bytes.readUInt16BE(offset + 3);
    message = Buffer.concat([message, bytes.subarray(offset + 5, offset + 5 + length)]);
    offset += 5 + length;
  }
}

/** Throws where the message ends too soon. */
function serverName(hello: Buffer): string | undefined {
  // Version and random.
  let at = 34;
  at += 1 + hello.readUInt8(at);
  at += 2 + hello.readUInt16BE(at);
  at += 1 + hello.readUInt8(at);
  if (at === hello.length) return undefined;
  const end = at + 2 + hello.readUInt16BE(at);
  for (at += 2; at < end;) {
    const [type, length] = [hello.readUInt16BE(at), hello.readUInt16BE(at + 2)];
    at += 4;
    if (type === SERVER_NAME) {
      const nameLength = hello.readUInt16BE(at + 3);
      if (5 + nameLength > length || at + length > hello.length) return "";
      return hello.toString("latin1", at + 5, at + 5 + nameLength);
    }
    at += length;
  }
  return undefined;
}

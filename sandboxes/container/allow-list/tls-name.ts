/** Holds a TLS client to the host that its connection was made for: the name that it asks for (SNI) must be that one. */
import { Transform } from "node:stream";

/** Types of records, from the first to the last. */
const CHANGE_CIPHER_SPEC = 20;
const ALERT = 21;
const HANDSHAKE = 22;
const APPLICATION_DATA = 23;
const TLS_MAJOR = 3;
const CLIENT_HELLO = 1;
const WARNING = 1;
/** Servers in Go take a first record of any version below. */
const LENIENT_MAJOR = 16;
const SERVER_NAME = 0;
const HOST_NAME = 0;
/** A client's first message is 300 to 2,000 bytes; what has not told its name by then is not let on. */
const MAX_HELLO_BYTES = 18 * 1024;

/** What `TlsNameGate` ends with for another host's name. */
export class OtherTlsName extends Error {}

/** Lets on what is no TLS, and TLS for `host` or for nobody by name; ends with `OtherTlsName` else. */
export class TlsNameGate extends Transform {
  readonly #look: Look;
  #isDecided = false;

  constructor(host: string) {
    super();
    this.#look = firstLook(host);
  }

  override _transform(chunk: Buffer, _encoding: string, done: (error?: Error | null, bytes?: Buffer) => void): void {
    if (this.#isDecided) return done(null, chunk);
    const answer = this.#look(chunk);
    if (answer === "more") return done();
    this.#isDecided = true;
    if (answer === "refuse") done(new OtherTlsName());
    else done(null, answer);
  }
}

/** Returns all that came so far where that may pass. */
type Look = (chunk: Buffer) => Buffer | "more" | "refuse";

/** Takes what a client sends in pieces of any size, and looks at each byte once. */
function firstLook(host: string): Look {
  const held = Buffer.allocUnsafe(MAX_HELLO_BYTES);
  let [heldBytes, lookedBytes] = [0, 0];
  const steps = mayPass(host);
  let step = steps.next();
  return (chunk) => {
    const piece = chunk.subarray(0, held.length - heldBytes);
    held.set(piece, heldBytes);
    heldBytes += piece.length;
    while (!step.done && heldBytes - lookedBytes >= step.value) {
      const from = lookedBytes;
      lookedBytes += step.value;
      step = steps.next(held.subarray(from, lookedBytes));
    }
    if (!step.done) return heldBytes < held.length ? "more" : "refuse";
    return step.value ? Buffer.concat([held.subarray(0, heldBytes), chunk.subarray(piece.length)]) : "refuse";
  };
}

/** A part of the look: asks for so many more bytes at a time, and returns what they say. */
type Reading<T> = Generator<number, T, Buffer>;

function* mayPass(host: string): Reading<boolean> {
  const [type = 0] = yield 1;
  if (type < CHANGE_CIPHER_SPEC || type > APPLICATION_DATA) return true;
  const [major = 0] = yield 1;
  if (major !== TLS_MAJOR) return !(yield* isLenientTls(type, major));
  const message = type === HANDSHAKE ? yield* clientHello() : undefined;
  if (!message) return false;
  try {
    const name = serverName(message);
    return name === undefined || name.toLowerCase().replace(/\.$/, "") === host;
  } catch {
    return false;
  }
}

/** Whether a server may take it for TLS all the same: it drops an alert that is a warning, and then reads a name. */
function* isLenientTls(type: number, major: number): Reading<boolean> {
  if ((type !== HANDSHAKE && type !== ALERT) || major >= LENIENT_MAJOR) return false;
  const { 3: first } = yield 4;
  return first === (type === HANDSHAKE ? CLIENT_HELLO : WARNING);
}

/**
 * The first handshake message, which may be spread over several records; undefined where it is another one, or where something else
 * comes between. Type and major version of the first record are read. Source: RFC 8446, 4 and 5.1.
 */
function* clientHello(): Reading<Buffer | undefined> {
  const message = Buffer.allocUnsafe(MAX_HELLO_BYTES);
  let bytes = 0;
  let header = yield 3;
  while (true) {
    const fragment = yield header.readUInt16BE(1);
    message.set(fragment, bytes);
    bytes += fragment.length;
    if (bytes > 0 && message[0] !== CLIENT_HELLO) return undefined;
    const end = bytes < 4 ? Infinity : 4 + message.readUIntBE(1, 3);
    if (bytes >= end) return message.subarray(4, end);
    const [type, major] = yield 2;
    if (type !== HANDSHAKE || major !== TLS_MAJOR) return undefined;
    header = yield 3;
  }
}

/**
 * The name that a ClientHello asks for, undefined where it has none. Throws where it is damaged, and where servers could differ in what
 * they read: two lists of names, two names, or one that is no host's. Source: RFC 8446, 4.1.2 and 4.2; RFC 6066, 3.
 */
function serverName(hello: Buffer): string | undefined {
  // Version and random.
  let at = 34;
  at += 1 + hello.readUInt8(at);
  at += 2 + hello.readUInt16BE(at);
  at += 1 + hello.readUInt8(at);
  if (at === hello.length) return undefined;
  if (at + 2 + hello.readUInt16BE(at) !== hello.length) throw new Error("extensions of another length");
  let list: Buffer | undefined;
  for (at += 2; at < hello.length;) {
    const [type, length] = [hello.readUInt16BE(at), hello.readUInt16BE(at + 2)];
    at += 4 + length;
    if (at > hello.length) throw new Error("an extension that does not end");
    if (type !== SERVER_NAME) continue;
    if (list) throw new Error("two lists of names");
    list = hello.subarray(at - length, at);
  }
  return list && onlyName(list);
}

function onlyName(list: Buffer): string {
  const isOne = list.readUInt16BE(0) === list.length - 2 && list[2] === HOST_NAME && list.readUInt16BE(3) === list.length - 5;
  if (!isOne) throw new Error("not one name of a host");
  return list.toString("latin1", 5);
}

import { once } from "node:events";
import { Duplex } from "node:stream";
import { connect } from "node:tls";
import fc from "fast-check";
import { expect, test } from "vitest";
import { OtherTlsName, TlsNameGate } from "../../../../sandboxes/container/allow-list/tls-name.ts";

/** What a real client sends first. */
async function helloOf(servername: string | undefined): Promise<Buffer> {
  const { promise, resolve } = Promise.withResolvers<Buffer>();
  const socket = new Duplex({ read() {}, write: (chunk: Buffer, _encoding, done) => (resolve(chunk), done()) });
  const client = connect({ socket, ...(servername !== undefined && { servername }) });
  client.on("error", () => undefined);
  const hello = await promise;
  client.destroy();
  return hello;
}

function record(type: number, bytes: Buffer, version: readonly [number, number] = [3, 1]): Buffer {
  return Buffer.concat([Buffer.from([type, ...version, bytes.length >> 8, bytes.length & 255]), bytes]);
}

/** The message of `hello` over records of so many bytes each. */
function inRecords(hello: Buffer, size: number): Buffer {
  const message = hello.subarray(5);
  const records: Buffer[] = [];
  for (let at = 0; at < message.length; at += size) records.push(record(22, message.subarray(at, at + size)));
  return Buffer.concat(records);
}

function withLength(bytes: Buffer, size: 1 | 2 | 3 = 2): Buffer {
  const length = Buffer.alloc(size);
  length.writeUIntBE(bytes.length, 0, size);
  return Buffer.concat([length, bytes]);
}

const extension = (type: number, body: Buffer): Buffer => Buffer.concat([Buffer.from([0, type]), withLength(body)]);
const entry = (type: number, name: string): Buffer => Buffer.concat([Buffer.from([type]), withLength(Buffer.from(name))]);
const names = (...entries: Buffer[]): Buffer => extension(0, withLength(Buffer.concat(entries)));

/** A ClientHello made by hand, of what follows its ciphers. */
function helloOfParts(...parts: Buffer[]): Buffer {
  const begin = Buffer.from([3, 3, ...Array.from({ length: 32 }, () => 7), 0, 0, 2, 19, 1, 1, 0]);
  return record(22, Buffer.concat([Buffer.from([1]), withLength(Buffer.concat([begin, ...parts]), 3)]));
}

const helloWith = (...extensions: Buffer[]): Buffer => helloOfParts(withLength(Buffer.concat(extensions)));

/** What came out of the gate; undefined where nothing did, as it waits for more. */
async function throughGate(host: string, pieces: readonly Buffer[]): Promise<Buffer | "refused" | undefined> {
  const gate = new TlsNameGate(host);
  const passed: Buffer[] = [];
  gate.on("data", (chunk: Buffer) => passed.push(chunk));
  for (const piece of pieces) gate.write(piece);
  gate.end();
  try {
    await once(gate, "end");
    return passed.length === 0 ? undefined : Buffer.concat(passed);
  } catch (error) {
    expect(error).toBeInstanceOf(OtherTlsName);
    expect(passed).toEqual([]);
    return "refused";
  }
}

function splitAt(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const ends = [...new Set(cuts.map((cut) => cut % bytes.length)), bytes.length].sort((a, b) => a - b);
  return ends.map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end));
}

test("the name of a real client is found however its message is split, and the bytes pass as they are", async () => {
  const hello = await helloOf("api.example.org");
  const more = Buffer.from("and what comes after");
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 600 }), fc.array(fc.nat(20_000)), async (size, cuts) => {
      const bytes = Buffer.concat([inRecords(hello, size), more]);
      expect(await throughGate("api.example.org", splitAt(bytes, cuts))).toEqual(bytes);
      expect(await throughGate("www.example.org", splitAt(bytes, cuts))).toBe("refused");
    }),
  );
});

test("whatever comes first, its answer does not depend on how it is split, and it never throws anything else", async () => {
  const hello = await helloOf("evil.example.org");
  const damaged = fc.record({ at: fc.nat(hello.length - 1), byte: fc.nat(255) }).map(({ at, byte }) => {
    const bytes = Buffer.from(hello);
    bytes[at] = byte;
    return bytes;
  });
  const hostile = fc.oneof(
    damaged,
    fc.uint8Array({ minLength: 1, maxLength: 60 }).map((bytes) => Buffer.from(bytes)),
    fc
      .tuple(fc.constantFrom(20, 21, 22, 23), fc.constantFrom(2, 3, 4, 16), fc.uint8Array({ maxLength: 60 }))
      .map(([type, major, bytes]) => record(type, Buffer.from(bytes), [major, 1])),
  );
  await fc.assert(
    fc.asyncProperty(hostile, fc.array(fc.nat(20_000)), async (bytes, cuts) => {
      const whole = await throughGate("example.org", [bytes]);
      expect(await throughGate("example.org", splitAt(bytes, cuts))).toEqual(whole);
      if (Buffer.isBuffer(whole)) expect(whole).toEqual(bytes);
    }),
    { numRuns: 500 },
  );
});

test("TLS for nobody by name and what is no TLS pass", async () => {
  const nameless = await helloOf(undefined);
  expect(await throughGate("example.org", [nameless])).toEqual(nameless);
  for (const hello of [helloOfParts(), helloWith()]) expect(await throughGate("example.org", [hello])).toEqual(hello);
  for (const bytes of [Buffer.from("GET / HTTP/1.1\r\n"), Buffer.from([0]), Buffer.from([22, 1, 0, 1, 0x85, 0xa6, 0xff])])
    expect(await throughGate("example.org", [bytes])).toEqual(bytes);
});

test("a name is compared without regard to case and a dot at its end", async () => {
  const hello = helloWith(extension(1, Buffer.from([4])), names(entry(0, "API.Example.org.")));
  expect(await throughGate("api.example.org", [hello])).toEqual(hello);
  expect(await throughGate("example.org", [hello])).toBe("refused");
});

const OTHER = helloWith(names(entry(0, "evil.example.org")));

test.each<[string, Buffer]>([
  ["an alert that is a warning before the name", Buffer.concat([record(21, Buffer.from([1, 90])), OTHER])],
  ["an alert of a version that only some servers take", Buffer.concat([record(21, Buffer.from([1, 90]), [2, 0]), OTHER])],
  ["a change of ciphers before the name", Buffer.concat([record(20, Buffer.from([1])), OTHER])],
  ["data before the name", Buffer.concat([record(23, Buffer.alloc(0)), OTHER])],
  ["a first message of a version that only some servers take", record(22, OTHER.subarray(5), [2, 0])],
  ["an alert between two parts of the message", Buffer.concat([record(22, OTHER.subarray(5, 20)), record(21, Buffer.from([1, 90]))])],
  ["another message before the name", Buffer.concat([record(22, Buffer.from([0, 0, 0, 0])), OTHER])],
  ["an entry of another type before the name", helloWith(names(entry(1, "example.org"), entry(0, "evil.example.org")))],
  ["an entry of another type alone", helloWith(names(entry(1, "example.org")))],
  ["two names", helloWith(names(entry(0, "example.org"), entry(0, "evil.example.org")))],
  ["two lists of names", helloWith(names(entry(0, "example.org")), names(entry(0, "evil.example.org")))],
  ["an empty list of names", helloWith(names())],
  ["a list that is longer than it says", helloWith(extension(0, Buffer.concat([withLength(entry(0, "example.org")), Buffer.from([0])])))],
  ["bytes after the extensions", helloOfParts(withLength(names(entry(0, "example.org"))), Buffer.from([0]))],
])("TLS with %s is refused", async (_what, bytes) => {
  expect(await throughGate("example.org", [bytes])).toBe("refused");
});

test("a message that does not end costs little, however small its pieces are, and is refused in the end", async () => {
  const endless = Buffer.concat([Buffer.from([1, 0, 255, 255]), Buffer.alloc(18 * 1024)]);
  const bytes = inRecords(Buffer.concat([Buffer.alloc(5), endless]), 1).subarray(0, 18 * 1024);
  const pieces = Array.from(bytes, (_byte, at) => bytes.subarray(at, at + 1));
  const begunAt = process.cpuUsage();
  expect(await throughGate("example.org", pieces)).toBe("refused");
  const { user, system } = process.cpuUsage(begunAt);
  expect((user + system) / 1000).toBeLessThan(2_000);
});

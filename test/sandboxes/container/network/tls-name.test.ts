import { once } from "node:events";
import { Duplex } from "node:stream";
import { connect } from "node:tls";
import fc from "fast-check";
import { expect, test } from "vitest";
import { OtherTlsName, tlsName, TlsNameGate } from "../../../../sandboxes/container/network/tls-name.ts";

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

/** The same message over records of so many bytes each. */
function inRecords(hello: Buffer, size: number): Buffer {
  const message = hello.subarray(5);
  const records: Buffer[] = [];
  for (let at = 0; at < message.length; at += size) {
    const piece = message.subarray(at, at + size);
    records.push(Buffer.from([22, 3, 1, piece.length >> 8, piece.length & 255]), piece);
  }
  return Buffer.concat(records);
}

async function throughGate(host: string, pieces: readonly Buffer[]): Promise<Buffer | "refused"> {
  const gate = new TlsNameGate(host);
  const passed: Buffer[] = [];
  gate.on("data", (chunk: Buffer) => passed.push(chunk));
  for (const piece of pieces) gate.write(piece);
  gate.end();
  try {
    await once(gate, "end");
    return Buffer.concat(passed);
  } catch (error) {
    expect(error).toBeInstanceOf(OtherTlsName);
    expect(passed).toEqual([]);
    return "refused";
  }
}

test("the name of a real client is found however its message is split, and the bytes pass as they are", async () => {
  const hello = await helloOf("api.example.org");
  for (const size of [1, 7, 100, 10_000]) {
    const bytes = inRecords(hello, size);
    expect(tlsName(bytes)).toBe("api.example.org");
    const half = Math.floor(bytes.length / 2);
    expect(await throughGate("api.example.org", [bytes.subarray(0, 1), bytes.subarray(1, half), bytes.subarray(half)])).toEqual(bytes);
    expect(await throughGate("www.example.org", [bytes])).toBe("refused");
  }
});

test("TLS for nobody by name and what is no TLS pass", async () => {
  const nameless = await helloOf(undefined);
  expect(await throughGate("example.org", [nameless])).toEqual(nameless);
  expect(await throughGate("example.org", [Buffer.from("GET / HTTP/1.1\r\n")])).toEqual(Buffer.from("GET / HTTP/1.1\r\n"));
});

test("a damaged message is a name, no name or not whole, and never throws", async () => {
  const hello = await helloOf("evil.example.org");
  fc.assert(
    fc.property(fc.nat(hello.length - 1), fc.nat(255), (at, byte) => {
      const damaged = Buffer.from(hello);
      damaged[at] = byte;
      const name = tlsName(damaged);
      expect(name === undefined || typeof name === "string").toBe(true);
    }),
  );
});

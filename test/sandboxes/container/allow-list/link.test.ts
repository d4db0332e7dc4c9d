/** The stream to a forwarder, with whatever a hostile one may send. */
import { PassThrough, Duplex } from "node:stream";
import { setImmediate as turn } from "node:timers/promises";
import fc from "fast-check";
import { expect, test } from "vitest";
import { WINDOW_BYTES, type ForwardedConnection } from "../../../../sandboxes/container/allow-list/connection.ts";
import {
  encodeFrame,
  frameReader,
  MAX_PAYLOAD_BYTES,
  numberPayload,
  type Frame,
  type FrameType,
} from "../../../../sandboxes/container/allow-list/frames.ts";
import { openLink } from "../../../../sandboxes/container/allow-list/link.ts";

const type = fc.constantFrom<FrameType>("L", "O", "D", "E", "R", "W");
const frame = fc.record({ type, connection: fc.nat(0xffff_ffff), payload: fc.uint8Array({ maxLength: 200 }) });

/** A forwarder played by hand: what it sends, and the frames that it is sent. */
function linked() {
  const sent: Frame[] = [];
  const read = frameReader((each) => sent.push(each));
  const stream = new Duplex({
    read() {},
    write(chunk: Buffer, _encoding, done) {
      read(chunk);
      done();
    },
  });
  const connections: ForwardedConnection[] = [];
  const lost: string[] = [];
  const link = openLink(stream, {
    onListening: () => undefined,
    onConnection: (connection) => void connections.push(connection),
    onLost: (reason) => void lost.push(reason),
  });
  const send = (type: FrameType, connection: number, payload: Uint8Array = new Uint8Array()) =>
    link.receive(encodeFrame({ type, connection, payload }));
  return { link, sent, connections, lost, send };
}

test("frames come out as they went in, however they are split", () => {
  fc.assert(
    fc.property(fc.array(frame), fc.array(fc.nat(300)), (frames, cuts) => {
      const bytes = Buffer.concat(frames.map(encodeFrame));
      const read: Frame[] = [];
      const feed = frameReader((each) => read.push(each));
      let from = 0;
      for (const cut of cuts) {
        feed(bytes.subarray(from, from + cut));
        from += cut;
      }
      feed(bytes.subarray(from));
      expect(read.map((each) => ({ ...each, payload: [...each.payload] }))).toEqual(
        frames.map((each) => ({ ...each, payload: [...each.payload] })),
      );
    }),
  );
});

test("any bytes at all are frames or end the link with a reason, and never throw", () => {
  const hostile = fc.oneof(
    fc.uint8Array({ maxLength: 400 }),
    frame.map(encodeFrame),
    fc
      .record({ type, connection: fc.nat(3), payload: fc.constantFrom(numberPayload(0), numberPayload(0xffff_ffff), new Uint8Array(9)) })
      .map(encodeFrame),
  );
  fc.assert(
    fc.property(fc.array(hostile, { maxLength: 40 }), (pieces) => {
      const { link, connections, lost } = linked();
      for (const connection of connections) connection.on("error", () => undefined);
      for (const piece of pieces) link.receive(piece);
      expect(lost.length).toBeLessThanOrEqual(1);
      if (lost.length === 1) expect(connections.every(({ destroyed }) => destroyed)).toBe(true);
      link.close();
    }),
  );
});

test.each<[string, (send: ReturnType<typeof linked>["send"]) => void]>([
  ["a frame that is too long", (send) => send("D", 1, new Uint8Array(MAX_PAYLOAD_BYTES + 1))],
  [
    "more than its window",
    (send) => {
      for (let n = 0; n <= WINDOW_BYTES / MAX_PAYLOAD_BYTES + 1; n += 1) send("D", 1, new Uint8Array(MAX_PAYLOAD_BYTES));
    },
  ],
  ["a window that grows", (send) => send("W", 1, numberPayload(1))],
  ["a connection's number again", (send) => send("O", 1, numberPayload(0))],
  [
    "a second end",
    (send) => {
      send("E", 1);
      send("E", 1);
    },
  ],
])("a forwarder that sends %s is given up", (_what, act) => {
  const { lost, send } = linked();
  send("O", 1, numberPayload(0));
  act(send);
  expect(lost).toHaveLength(1);
});

test("connections beyond the bound are closed and not kept", () => {
  const { connections, send, sent, lost } = linked();
  for (let id = 1; id <= 5_000; id += 1) send("O", id, numberPayload(0));
  expect(connections).toHaveLength(512);
  expect(sent.filter(({ type }) => type === "R")).toHaveLength(5_000 - 512);
  expect(lost).toEqual([]);
});

test("what a reader does not read is not asked for again, and others go on", async () => {
  const { connections, send, sent } = linked();
  send("O", 1, numberPayload(0));
  send("O", 2, numberPayload(0));
  const [slow, quick] = connections;
  quick?.resume();
  for (let n = 0; n < WINDOW_BYTES / MAX_PAYLOAD_BYTES; n += 1) for (const id of [1, 2]) send("D", id, new Uint8Array(MAX_PAYLOAD_BYTES));
  await turn();
  const given = (id: number) =>
    sent
      .filter(({ type, connection }) => type === "W" && connection === id)
      .reduce((sum, { payload }) => sum + Buffer.from(payload).readUInt32BE(), 0);
  expect(given(2)).toBe(WINDOW_BYTES);
  expect(given(1)).toBeLessThan(WINDOW_BYTES);
  slow?.resume();
  await turn();
  expect(given(1)).toBe(WINDOW_BYTES);
});

test("no more is sent than the forwarder has room for, and all of it in the end, with the half that is closed", async () => {
  const { connections, send, sent } = linked();
  send("O", 1, numberPayload(0));
  const bytes = Buffer.alloc(3 * WINDOW_BYTES + 5, "ab");
  const source = new PassThrough();
  source.pipe(connections[0] ?? source);
  source.end(bytes);
  const received = () => Buffer.concat(sent.filter(({ type }) => type === "D").map(({ payload }) => payload));
  for (let round = 1; round <= 3; round += 1) {
    await turn();
    await turn();
    expect(received().length).toBe(round * WINDOW_BYTES);
    send("W", 1, numberPayload(WINDOW_BYTES));
  }
  await turn();
  await turn();
  expect(received().equals(bytes)).toBe(true);
  expect(sent.at(-1)?.type).toBe("E");
  expect(connections[0]?.readable).toBe(true);
});

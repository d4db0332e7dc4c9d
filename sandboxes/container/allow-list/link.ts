/** The connections of a forwarder over the one stream to it. The forwarder is not trusted: whatever it sends, what is kept here has bounds. */
import type { Duplex } from "node:stream";
import { ForwardedConnection } from "./connection.ts";
import { encodeFrame, frameReader, numberIn, type Frame } from "./frames.ts";

/** Connections at once; further ones wait in the sandbox until another ends. */
export const MAX_CONNECTIONS = 256;
/** Those that have ended in the sandbox may still have bytes to deliver here. */
const MAX_KEPT_CONNECTIONS = 2 * MAX_CONNECTIONS;
/** Where all places are taken, those on which nothing has moved for so long are ended: what a program left open shuts out no other. */
const IDLE_MS = 5_000;
const IDLE_LOOK_MS = 1_000;

/** A forwarder that reads no more than this is given up: what waits for it would grow. */
const MAX_UNREAD_BYTES = 64 * 1024 * 1024;

export interface LinkOptions {
  onListening: () => void;
  /** Given the number of the listener that the connection was made to. */
  onConnection: (connection: ForwardedConnection, listener: number) => void;
  /** The forwarder ended or broke the rules; called once, and not after `close`. */
  onLost: (reason: string) => void;
}

export interface Link {
  /** What the forwarder printed on its stdout, in pieces of any size. */
  receive(chunk: Uint8Array): void;
  close(): void;
}

export function openLink(stream: Duplex, { onListening, onConnection, onLost }: LinkOptions): Link {
  const connections = new Map<number, ForwardedConnection>();
  let lastConnection = 0;
  let isClosed = false;
  const looking = setInterval(() => endIdle(connections), IDLE_LOOK_MS).unref();
  const close = (): void => {
    isClosed = true;
    clearInterval(looking);
    for (const connection of connections.values()) connection.destroy();
    stream.destroy();
  };
  const lose = (reason: string): void => {
    if (isClosed) return;
    close();
    onLost(reason);
  };
  const send = (frame: Frame): void => {
    if (isClosed) return;
    stream.write(encodeFrame(frame));
    if (stream.writableLength > MAX_UNREAD_BYTES) lose("it does not read");
  };
  const open = (id: number, listener: number): void => {
    if (id <= lastConnection) throw new Error("a number of a connection that was used before");
    lastConnection = id;
    if (connections.size >= MAX_KEPT_CONNECTIONS) return send({ type: "R", connection: id, payload: new Uint8Array() });
    const connection = new ForwardedConnection({
      send: (type, payload = new Uint8Array()) => send({ type, connection: id, payload }),
      isCongested: () => stream.writableNeedDrain,
      onClosed: () => connections.delete(id),
    });
    connections.set(id, connection);
    onConnection(connection, listener);
  };
  const read = frameReader((frame) => {
    if (isClosed) return;
    const connection = connections.get(frame.connection);
    if (frame.type === "L") onListening();
    else if (frame.type === "O") open(frame.connection, numberIn(frame));
    // The frames of a connection that has just ended here are still on their way.
    else if (frame.type === "D") connection?.receive(frame.payload);
    else if (frame.type === "E") connection?.receiveEnd();
    else if (frame.type === "W") connection?.allowMore(numberIn(frame));
    else connection?.destroy();
  });
  stream.on("drain", () => {
    for (const connection of connections.values()) connection.wake();
  });
  for (const event of ["error", "end", "close"]) stream.on(event, () => lose("it has ended"));
  return {
    receive(chunk) {
      if (isClosed) return;
      try {
        read(chunk);
      } catch (error) {
        lose(`it sent ${error instanceof Error ? error.message : String(error)}`);
      }
    },
    close,
  };
}

function endIdle(connections: ReadonlyMap<number, ForwardedConnection>): void {
  if (connections.size < MAX_CONNECTIONS) return;
  for (const connection of connections.values()) if (connection.idleMs > IDLE_MS) connection.destroy();
}

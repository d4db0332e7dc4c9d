/** Carries bytes both ways between a sandbox's stream and the connection that was made for it. */
import type { Duplex } from "node:stream";
import { pipeline } from "node:stream/promises";
import { isAddress } from "../../../src/index.ts";
import type { Passage } from "./filter.ts";
import { OtherTlsName, TlsNameGate } from "./tls-name.ts";

/** Each direction ends by itself; where one breaks, both are closed. Who was allowed by an address may ask there for any name. */
export function relay(stream: Duplex, { host, socket, refuse }: Passage): void {
  const close = (error: unknown): void => {
    if (error instanceof OtherTlsName) refuse("tls-name");
    stream.destroy();
    socket.destroy();
  };
  pipeline(isAddress(host) ? [stream, socket] : [stream, new TlsNameGate(host), socket]).catch(close);
  pipeline(socket, stream).catch(close);
}

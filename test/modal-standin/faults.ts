/** What the stand-in can be told to do wrong, as Modal does now and then. */
import { z } from "zod";
import { CODE, type CallContext } from "./service.ts";
import type { GrpcLibrary } from "./definitions.ts";

export const faultsSchema = z.object({
  /** So many of the next creations are refused for want of room. */
  exhaustedCreates: z.number().int().default(0),
  /** With such a refusal, when to come again: the SDK then waits by itself. */
  retryAfterSecs: z.number().optional(),
  /** More creations in a second than this are refused. */
  createsPerSecond: z.number().optional(),
  /** So many of the next calls to a command router are refused as if the token had run out. */
  unauthenticatedRouterCalls: z.number().int().default(0),
  /** So many of the next image builds fail. */
  failedBuilds: z.number().int().default(0),
  /** Creations are not answered for so long. */
  createDelayMs: z.number().default(0),
});

export type Faults = z.output<typeof faultsSchema>;

/** A second, and then some: clocks of two processes do not tick together. */
const WINDOW_MS = 1_000;

export class FaultInjector {
  readonly #grpc: GrpcLibrary;
  #createdAt: number[] = [];
  faults: Faults = faultsSchema.parse({});
  /** How many creations were refused so far. */
  refusedCreates = 0;

  constructor(grpc: GrpcLibrary) {
    this.#grpc = grpc;
  }

  beforeCreate(context: CallContext): void {
    const now = Date.now();
    this.#createdAt = this.#createdAt.filter((at) => at > now - WINDOW_MS);
    const { createsPerSecond, retryAfterSecs } = this.faults;
    if (createsPerSecond !== undefined && this.#createdAt.length >= createsPerSecond) {
      this.refusedCreates += 1;
      throw new this.#grpc.ServerError(CODE.exhausted, `Sandbox creation rate limit (${createsPerSecond}/s) exceeded`);
    }
    if (this.faults.exhaustedCreates > 0) {
      this.faults.exhaustedCreates -= 1;
      this.refusedCreates += 1;
      if (retryAfterSecs !== undefined) context.trailer.set("grpc-status-details-bin", retryPolicy(retryAfterSecs));
      throw new this.#grpc.ServerError(CODE.exhausted, "no worker has room for this sandbox");
    }
    this.#createdAt.push(now);
  }

  beforeRouterCall(): void {
    if (this.faults.unauthenticatedRouterCalls === 0) return;
    this.faults.unauthenticatedRouterCalls -= 1;
    throw new this.#grpc.ServerError(CODE.unauthenticated, "token expired");
  }
}

/** A google.rpc.Status that holds a modal.client.RPCRetryPolicy, in protocol buffers' own bytes. */
function retryPolicy(retryAfterSecs: number): Uint8Array {
  const seconds = Buffer.alloc(4);
  seconds.writeFloatLE(retryAfterSecs);
  const policy = Buffer.concat([Buffer.from([0x0d]), seconds]);
  const any = Buffer.concat([field(1, Buffer.from("type.googleapis.com/modal.client.RPCRetryPolicy")), field(2, policy)]);
  return Buffer.concat([Buffer.from([0x08, CODE.exhausted]), field(3, any)]);
}

function field(number: number, content: Buffer): Buffer {
  return Buffer.concat([Buffer.from([(number << 3) | 2, content.length]), content]);
}

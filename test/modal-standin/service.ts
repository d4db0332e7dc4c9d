/** One service of the stand-in: what is implemented, and a stub that says its name for everything else. */
import type { z } from "zod";
import type { GrpcLibrary, ServiceDefinition } from "./definitions.ts";

export interface CallContext {
  metadata: { get(name: string): unknown };
  trailer: { set(name: string, value: Uint8Array): void };
  signal: AbortSignal;
}

export type Handler = (request: unknown, context: CallContext) => unknown;

/** What is asked is checked for what the stand-in reads of it. */
export function answering<S extends z.ZodType>(schema: S, handler: (request: z.output<S>, context: CallContext) => unknown): Handler {
  return (request, context) => handler(schema.parse(request), context);
}

/** Numbers of google.rpc.Code. */
export const CODE = { invalid: 3, notFound: 5, exhausted: 8, precondition: 9, unimplemented: 12, unauthenticated: 16 } as const;

export interface ServiceOptions {
  grpc: GrpcLibrary;
  /** Told the name of a method that was called and does not exist. */
  onUnimplemented: (method: string) => void;
  /** Runs before each call; what it throws is the answer. */
  before: (method: string, context: CallContext) => void;
}

/** nice-grpc wants every method of a definition. */
export function implementation(
  { methods, fullName }: ServiceDefinition,
  handlers: Record<string, Handler>,
  { grpc, onUnimplemented, before }: ServiceOptions,
): Record<string, unknown> {
  const all: Record<string, unknown> = {};
  const unknown = Object.keys(handlers).find((name) => !Object.hasOwn(methods, name));
  if (unknown !== undefined) throw new Error(`${fullName} has no method ${unknown} in this version of the SDK.`);
  for (const [name, method] of Object.entries(methods)) {
    const handler: Handler =
      handlers[name] ??
      (() => {
        onUnimplemented(method.name);
        throw new grpc.ServerError(CODE.unimplemented, `the stand-in does not implement ${method.name}`);
      });
    all[name] = method.responseStream ? streaming(handler, method.name, before) : unary(handler, method.name, before);
  }
  return all;
}

function unary(handler: Handler, name: string, before: ServiceOptions["before"]): Handler {
  return async (request, context) => {
    before(name, context);
    return handler(request, context);
  };
}

function streaming(handler: Handler, name: string, before: ServiceOptions["before"]) {
  return async function* (request: unknown, context: CallContext): AsyncGenerator<unknown> {
    before(name, context);
    const items = handler(request, context);
    if (isIterable(items)) yield* items;
  };
}

function isIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === "object" && value !== null && Symbol.asyncIterator in value;
}

/**
 * The SDK's own service definitions, which its package does not export: taken from it while it makes its clients.
 *
 * So the stand-in speaks what the installed SDK speaks, whatever its version.
 */
import { createRequire } from "node:module";
import { z } from "zod";

/** What is used of nice-grpc, which is the SDK's dependency and not ours. */
export interface GrpcLibrary {
  createServer(options?: Record<string, unknown>): GrpcServer;
  ServerError: new (code: number, details: string) => Error;
}

interface GrpcServer {
  add(definition: ServiceDefinition, implementation: Record<string, unknown>): void;
  listen(address: string): Promise<number>;
  forceShutdown(): void;
}

export interface ServiceDefinition {
  fullName: string;
  methods: Record<string, { name: string; requestStream: boolean; responseStream: boolean }>;
}

const definitionSchema = z.custom<ServiceDefinition>(
  (value) =>
    z.looseObject({ fullName: z.string(), methods: z.record(z.string(), z.looseObject({ name: z.string() })) }).safeParse(value).success,
);

interface ClientFactory {
  create(definition: unknown): unknown;
}
interface ClientLibrary extends GrpcLibrary {
  createClientFactory(): ClientFactory & { use(): ClientFactory };
}
interface SdkLibrary {
  ModalClient: new (options: Record<string, unknown>) => {
    sandboxes: { fromId(id: string): Promise<{ exec(argv: string[]): Promise<unknown> }> };
    close(): void;
  };
}

export interface Captured {
  grpc: GrpcLibrary;
  /** By its full name. */
  definitions: Map<string, ServiceDefinition>;
}

export async function captureDefinitions(): Promise<Captured> {
  const own = createRequire(import.meta.url);
  const sdkPath = own.resolve("modal");
  const sdkRequire = createRequire(sdkPath);
  const grpcPath = sdkRequire.resolve("nice-grpc");
  const grpc: ClientLibrary = sdkRequire("nice-grpc");
  const definitions = new Map<string, ServiceDefinition>();
  const capturing = (): ClientFactory & { use(): ClientFactory } => {
    const factory = {
      use: () => factory,
      create(definition: unknown) {
        const known = definitionSchema.parse(definition);
        definitions.set(known.fullName, known);
        // The first call of a client that is none ends what asked for it.
        return {};
      },
    };
    return factory;
  };
  const cached = sdkRequire.cache[grpcPath];
  if (!cached) throw new Error("nice-grpc is not in the module cache after it was loaded.");
  const original: unknown = cached.exports;
  const { MODAL_SERVER_URL } = process.env;
  try {
    cached.exports = { ...grpc, createClientFactory: capturing };
    process.env["MODAL_SERVER_URL"] = "http://127.0.0.1:1";
    const sdk: SdkLibrary = own("modal");
    const access = { url: "https://127.0.0.1:1", jwt: "a.e30.c" };
    const cpClient = {
      sandboxGetTaskIdV2: async () => ({ taskId: "ta-1" }),
      sandboxGetTaskId: async () => ({ taskId: "ta-1" }),
      sandboxGetCommandRouterAccess: async () => access,
    };
    const options = { tokenId: "x", tokenSecret: "x", logLevel: "error" };
    // One makes the control plane's client, the other the command router's.
    new sdk.ModalClient(options).close();
    const sandbox = await new sdk.ModalClient({ ...options, cpClient }).sandboxes.fromId("sb-capture");
    await sandbox.exec(["true"]).catch(() => {});
  } finally {
    cached.exports = original;
    if (MODAL_SERVER_URL === undefined) delete process.env["MODAL_SERVER_URL"];
    else process.env["MODAL_SERVER_URL"] = MODAL_SERVER_URL;
    delete sdkRequire.cache[sdkPath];
  }
  return { grpc, definitions };
}

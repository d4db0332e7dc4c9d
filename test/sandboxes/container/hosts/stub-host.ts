/** A host of a pool whose engine answers pings only, and whose backend does what a test says. */
import type { SandboxBackend } from "../../../../src/index.ts";
import type { EngineAddress } from "../../../../sandboxes/container/engine/engine.ts";
import { stubEngine } from "../stub-engine.ts";
import { plainSandbox } from "./plain-sandbox.ts";

export interface StubHost extends AsyncDisposable {
  address: EngineAddress;
  backend: SandboxBackend;
  /** Else its pings are refused and starts are cut off, as by an engine that dies. */
  isThere: boolean;
  /** Its pings are not answered at all. */
  isSilent: boolean;
  /** What was prepared, and started: images, or compose files. */
  prepared: string[];
  started: string[];
}

export interface StubHostOptions {
  cpus?: number;
  prepare?: SandboxBackend["prepare"];
}

export async function stubHost({ cpus = 4, prepare }: StubHostOptions = {}): Promise<StubHost> {
  const engine = await stubEngine(({ path }) => {
    if (path.startsWith("/info")) return { body: { NCPU: cpus, MemTotal: cpus * 2 ** 33 } };
    if (host.isSilent) return undefined;
    return host.isThere ? { body: "OK" } : { status: 500, body: { message: "no" } };
  });
  const host: StubHost = {
    address: { title: "Docker", address: () => engine.url, hint: "" },
    isThere: true,
    isSilent: false,
    prepared: [],
    started: [],
    backend: {
      async prepare(spec, options) {
        host.prepared.push(spec.compose ?? spec.image ?? "");
        return (await prepare?.(spec, options)) ?? { digest: `${spec.image}` };
      },
      async start(spec) {
        host.started.push(spec.compose ?? spec.image ?? "");
        if (!host.isThere) throw Object.assign(new Error("socket hang up"), { code: "ECONNRESET" });
        return plainSandbox();
      },
      prune: async () => ({ removed: [], kept: [] }),
      [Symbol.asyncDispose]: async () => {},
    },
    [Symbol.asyncDispose]: () => engine[Symbol.asyncDispose](),
  };
  return host;
}

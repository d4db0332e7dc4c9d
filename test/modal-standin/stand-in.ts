/**
 * A stand-in of Modal's servers for tests: the real SDK speaks to it over real gRPC, and it executes in the local Docker.
 *
 * What it proves is that the backend drives the SDK as the SDK wants it; how Modal's own workers behave it cannot know.
 */
import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { TOKEN } from "./control-plane.ts";
import type { z } from "zod";
import type { faultsSchema } from "./faults.ts";
import { helloSchema, reportSchema, type Question, type Report } from "./protocol.ts";

export interface StandIn extends AsyncDisposable {
  /** What leads a process to it. */
  readonly environment: Record<string, string>;
  /** From now on these, and no other ones. */
  setFaults(faults: z.input<typeof faultsSchema>): Promise<void>;
  report(): Promise<Report>;
  /** Ends a sandbox's container as if its worker had died. */
  kill(id: string): Promise<void>;
  /** Throws with the names of the methods that were called and do not exist here. */
  noUnimplementedCalls(): Promise<void>;
}

const PROGRAM = fileURLToPath(new URL("stand-in.process.ts", import.meta.url));

export async function startStandIn(): Promise<StandIn> {
  const child = fork(PROGRAM, { stdio: ["ignore", "inherit", "inherit", "ipc"], execArgv: [] });
  const [hello]: unknown[] = await Promise.race([
    once(child, "message"),
    once(child, "exit").then(() => Promise.reject(new Error("The stand-in did not start."))),
  ]);
  const { url } = helloSchema.parse(hello);
  // One that nobody disposes of ends with the connection to it.
  child.unref();
  child.channel?.unref();
  const ask = asker(child);
  return {
    environment: {
      MODAL_SERVER_URL: url,
      MODAL_TOKEN_ID: TOKEN.id,
      MODAL_TOKEN_SECRET: TOKEN.secret,
      MODAL_CONFIG_PATH: "/nonexistent/modal.toml",
      MODAL_ENVIRONMENT: "main",
    },
    async setFaults(faults) {
      await ask({ ask: "faults", faults });
    },
    report: () => ask({ ask: "report" }),
    async kill(id) {
      await ask({ ask: "kill", id });
    },
    async noUnimplementedCalls() {
      const { unimplemented } = await ask({ ask: "report" });
      if (unimplemented.length > 0) throw new Error(`The stand-in does not implement ${[...new Set(unimplemented)].join(", ")}.`);
    },
    async [Symbol.asyncDispose]() {
      if (child.exitCode !== null) return;
      const exited = once(child, "exit");
      child.ref();
      child.disconnect();
      await exited;
    },
  };
}

type Asked<Q> = Q extends unknown ? Omit<Q, "number"> : never;

function asker(child: ChildProcess): (question: Asked<Question>) => Promise<Report> {
  let number = 0;
  return async (question) => {
    number += 1;
    const own = number;
    const { promise, resolve } = Promise.withResolvers<Report>();
    const listen = (message: unknown): void => {
      const report = reportSchema.parse(message);
      if (report.number === own) resolve(report);
    };
    child.channel?.ref();
    child.on("message", listen);
    child.send({ ...question, number: own });
    try {
      return await promise;
    } finally {
      child.off("message", listen);
      child.channel?.unref();
    }
  };
}

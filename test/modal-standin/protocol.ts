/** What a test says to the stand-in's process, and what that answers. */
import { z } from "zod";
import { faultsSchema } from "./faults.ts";

export const questionSchema = z.discriminatedUnion("ask", [
  z.object({ number: z.number(), ask: z.literal("faults"), faults: faultsSchema }),
  z.object({ number: z.number(), ask: z.literal("report") }),
  /** Ends a sandbox's container. */
  z.object({ number: z.number(), ask: z.literal("kill"), id: z.string() }),
]);

/** What was asked for. The stand-in holds no list against anything: a sandbox that has one gets no network. */
const networkSchema = z.union([
  z.enum(["open", "blocked"]),
  z.object({ allowedCidrs: z.array(z.string()), allowedDomains: z.array(z.string()) }),
]);

export type Network = z.output<typeof networkSchema>;

export const reportSchema = z.object({
  number: z.number(),
  /** Methods that were called and are not implemented. */
  unimplemented: z.array(z.string()),
  /** How often each method was called. */
  calls: z.record(z.string(), z.number()),
  refusedCreates: z.number(),
  /** Those that run. */
  sandboxes: z.array(z.object({ id: z.string(), tags: z.record(z.string(), z.string()), timeoutSecs: z.number(), network: networkSchema })),
});

export const helloSchema = z.object({ url: z.string() });

export type Question = z.input<typeof questionSchema>;
export type Report = z.output<typeof reportSchema>;

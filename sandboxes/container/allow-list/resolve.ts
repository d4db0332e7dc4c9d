/** Names of hosts, as this machine resolves them. */
import { once } from "node:events";
import { lookup } from "node:dns/promises";
import { stopAfter } from "../stop.ts";
import { placesFor } from "./places.ts";

/** The addresses of a name; throws where it has none. */
export type Resolve = (name: string) => Promise<readonly string[]>;

/** Throws also once the signal is aborted. */
export type LookUp = (name: string, signal: AbortSignal) => Promise<readonly string[]>;

const LOOKUP_MS = 10_000;

export const resolveByMachine: Resolve = async (name) => (await lookup(name, { all: true })).map(({ address }) => address);

/**
 * Looks up the names that one sandbox asks for, one after another. Node.js lets two look-ups go on at once for all, cannot end them, and one
 * that nobody answers takes half a minute: so a sandbox never has more than one of these, though whoever asked for it waits no more.
 */
export function lookUpsBy(resolve: Resolve): LookUp {
  const places = placesFor(1);
  return async (name, signal) => {
    using stop = stopAfter(LOOKUP_MS, [signal]);
    const giveBack = await places.take(stop.signal);
    const found = resolve(name).finally(giveBack);
    const stopped = once(stop.signal, "abort").then(() => Promise.reject(new Error("not resolved in time")));
    return await Promise.race([found, stopped]);
  };
}

/** Names of hosts, as this machine resolves them. */
import { lookup } from "node:dns/promises";
import PQueue from "p-queue";

/** The addresses of a name; throws where it has none. */
export type Resolve = (name: string) => Promise<readonly string[]>;

/** Each look-up holds one of the few threads on which files are written, too: names that nobody answers must not take them all. */
const LOOKUPS_AT_ONCE = 2;
const lookups = new PQueue({ concurrency: LOOKUPS_AT_ONCE });

export const resolveByMachine: Resolve = (name) =>
  lookups.add(async () => (await lookup(name, { all: true })).map(({ address }) => address));

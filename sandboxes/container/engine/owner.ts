/**
 * Whose container it is, and whether that owner still lives.
 *
 * A container carries its owner as labels: the process that made it and a lease. On the same machine the process
 * itself is looked at. Another machine's process cannot be, so its running container stays until the lease,
 * 24 hours after the start, has passed.
 */
import { isRunning, ownIdentity, processIdentitySchema, type SandboxOwner } from "../../../src/index.ts";

const LEASE_MS = 24 * 3_600_000;

/** The label that says "ours"; `prune` looks at nothing without it. */
export const OWNED_LABEL = "assay.owner";

/** On a container that shares a sandbox's network: the sandbox's name. It has to go first, as an engine may refuse to remove the sandbox. */
export const BESIDE_LABEL = "assay.beside";

export async function ownerLabels(owner: SandboxOwner): Promise<Record<string, string>> {
  return {
    "assay.run": owner.runId,
    "assay.trial": owner.trialId,
    "assay.attempt": String(owner.attempt),
    [OWNED_LABEL]: JSON.stringify(await ownIdentity()),
    "assay.lease": new Date(Date.now() + LEASE_MS).toISOString(),
  };
}

/** Why a container must stay, or undefined when nobody can need it any more. */
export async function reasonToKeep(labels: Readonly<Record<string, string>>, isContainerRunning: boolean): Promise<string | undefined> {
  const owner = ownerOf(labels[OWNED_LABEL] ?? "");
  if (!owner) return `not Assay's: the label ${OWNED_LABEL} does not say which process made it`;
  const isAlive = await isRunning(owner);
  if (isAlive === true) return `process ${owner.pid} is alive`;
  if (isAlive === false) return undefined;
  const lease = labels["assay.lease"] ?? "";
  // A stopped sandbox is of no use to anybody.
  if (!isContainerRunning || !(Date.parse(lease) > Date.now())) return undefined;
  return `another machine's, with a lease until ${lease}`;
}

function ownerOf(label: string) {
  try {
    return processIdentitySchema.safeParse(JSON.parse(label)).data;
  } catch {
    return undefined;
  }
}

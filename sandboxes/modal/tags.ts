/** Whose a sandbox is, as tags: short and of plain characters, since what else a tag may hold is not documented. */
import type { SandboxOwner } from "../../src/index.ts";
import { OWNED_LABEL, ownerLabels } from "../container/engine/owner.ts";

/** What every sandbox of Assay has; `prune` looks at nothing without it. */
export const OWN_TAG = { assay: "sandbox" } as const;

const PIECE_CHARACTERS = 60;
const LEASE_LABEL = "assay.lease";
const OWNER_TAG = "assay-owner-";

export async function ownerTags(owner: SandboxOwner): Promise<Record<string, string>> {
  const labels = await ownerLabels(owner);
  const encoded = Buffer.from(labels[OWNED_LABEL] ?? "").toString("base64url");
  const pieces = encoded.match(new RegExp(`.{1,${PIECE_CHARACTERS}}`, "g")) ?? [];
  return {
    ...OWN_TAG,
    "assay-run": plain(owner.runId),
    "assay-trial": plain(owner.trialId),
    "assay-attempt": String(owner.attempt),
    "assay-lease": String(Date.parse(labels[LEASE_LABEL] ?? "")),
    ...Object.fromEntries(pieces.map((piece, index) => [`${OWNER_TAG}${index}`, piece])),
  };
}

/** The same as labels, which tell whether the owner lives. */
export function labelsOf(tags: Readonly<Record<string, string>>): Record<string, string> {
  const pieces: string[] = [];
  for (let index = 0; tags[`${OWNER_TAG}${index}`] !== undefined; index += 1) pieces.push(tags[`${OWNER_TAG}${index}`] ?? "");
  const leaseMs = Number(tags["assay-lease"]);
  return {
    [OWNED_LABEL]: Buffer.from(pieces.join(""), "base64url").toString(),
    ...(Number.isFinite(leaseMs) && { [LEASE_LABEL]: new Date(leaseMs).toISOString() }),
  };
}

function plain(text: string): string {
  return text.replaceAll(/[^A-Za-z0-9._-]/g, "_").slice(0, PIECE_CHARACTERS);
}

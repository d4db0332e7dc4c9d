/** Ends the sandboxes of dead owners in Assay's app, and nothing else. */
import type { PruneResult } from "../../src/index.ts";
import { reasonToKeep } from "../container/engine/owner.ts";
import { pause } from "../container/stop.ts";
import { failureKind, modalError, within } from "./errors.ts";
import { modalMachine } from "./machine.ts";
import type { Modal } from "./sdk.ts";
import { labelsOf, OWN_TAG } from "./tags.ts";

const CALL_MS = 30_000;
/** A creation that its owner asked for just before it died ends a moment later. */
const LOOK_AGAIN_MS = 500;
const MAX_LOOKS = 5;

export async function prune(client: Modal.ModalClient, app: Modal.App): Promise<PruneResult> {
  const removed: string[] = [];
  for (let look = 1; ; look += 1) {
    const found = await pruneOnce(client, app, new Set(removed));
    removed.push(...found.removed);
    if ((look > 1 && found.removed.length === 0) || look === MAX_LOOKS) return { removed, kept: found.kept };
    await pause(LOOK_AGAIN_MS, []);
  }
}

async function pruneOnce(client: Modal.ModalClient, app: Modal.App, known: ReadonlySet<string>): Promise<PruneResult> {
  const found: PruneResult = { removed: [], kept: [] };
  const sandboxes = client.sandboxes.list({ appId: app.appId, tags: OWN_TAG });
  try {
    while (true) {
      const { value: sandbox, done } = await within(CALL_MS, "the list of sandboxes", sandboxes.next());
      if (done) return found;
      const id = sandbox.sandboxId;
      if (known.has(id)) continue;
      const tags = await tagsOf(sandbox);
      // Another has ended it meanwhile.
      if (!tags) continue;
      const reason = await reasonToKeep(labelsOf(tags), true);
      if (reason !== undefined) {
        found.kept.push({ id, reason });
        sandbox.detach();
        continue;
      }
      await modalMachine(sandbox).terminate();
      found.removed.push(id);
    }
  } catch (error) {
    throw modalError("the removal of old sandboxes", error);
  }
}

async function tagsOf(sandbox: Modal.Sandbox): Promise<Record<string, string> | undefined> {
  try {
    return await within(CALL_MS, "the tags of a sandbox", sandbox.getTags());
  } catch (error) {
    if (failureKind(error) === "died") return undefined;
    throw error;
  }
}

/** Of labels that only ever grow, those that count. */
import type { Label } from "../../core/label.ts";

/** Labellers' last labels, by trial id. */
export type LabelsByTrial = ReadonlyMap<string, readonly Label[]>;

export function currentLabels(labels: readonly Label[]): LabelsByTrial {
  const last = new Map(labels.map((label) => [JSON.stringify([label.trialId, label.labeller]), label]));
  return Map.groupBy(last.values(), ({ trialId }) => trialId);
}

/** Those that say something new: not what the same labeller's last label on the trial says already. */
export function newLabels(labels: readonly Label[], known: readonly Label[]): Label[] {
  const current = currentLabels(known);
  return labels.filter(({ trialId, labeller, label, comment }) => {
    const said = current.get(trialId)?.find((other) => other.labeller === labeller);
    return said?.label !== label || said.comment !== comment;
  });
}

/** The known name nearest to one that is not known. */
import { distance } from "fastest-levenshtein";

/** Null where nothing is near: more than a third of the letters differ. */
export function nearestName(name: string, known: Iterable<string>): string | null {
  let best: string | null = null;
  let bestDistance = Infinity;
  for (const candidate of known) {
    const isPart = name.length >= 3 && (candidate.includes(name) || name.includes(candidate));
    const steps = isPart ? 1 : distance(name.toLowerCase(), candidate.toLowerCase());
    if (steps < bestDistance) [best, bestDistance] = [candidate, steps];
  }
  return bestDistance <= Math.max(2, name.length / 3) ? best : null;
}

/** "Did you mean …?" or the whole list, whichever helps. */
export function nameHint(name: string, known: readonly string[], listCommand?: string): string {
  if (known.length === 0) return "";
  const nearest = nearestName(name, known);
  const all = known.length <= 12 ? `Known: ${known.join(", ")}.` : listCommand ? `See them all with: ${listCommand}` : "";
  return nearest ? `Did you mean ${nearest}?${listCommand ? ` (${listCommand})` : ""}` : all;
}

/** Times as they are written on a command line. */

const UNIT_MS: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** In milliseconds: `90s`, `30m`, `2h`, `7d`, `500ms`; a bare number is seconds. NaN where it is none. */
export function durationIn(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)?$/.exec(text.trim());
  return match ? Math.round(Number(match[1]) * (UNIT_MS[match[2] ?? "s"] ?? 1000)) : Number.NaN;
}

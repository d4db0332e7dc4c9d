/** Numbers as people read them. Null is said, never shown as 0. */

const grouped = new Intl.NumberFormat("en-US");

export function countText(count: number): string {
  return grouped.format(count);
}

/** `1 error`, `3 errors`. */
export function countOf(count: number, noun: string): string {
  return `${countText(count)} ${noun}${count === 1 ? "" : "s"}`;
}

/** `850 ms`, `3.2 s`, `42 s`, `2 min 5 s`, `1 h 12 min`. */
export function durationText(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 9_950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return seconds % 60 === 0 ? `${minutes} min` : `${minutes} min ${seconds % 60} s`;
  return minutes % 60 === 0 ? `${Math.floor(minutes / 60)} h` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** The same in whole seconds, for figures that change while they are looked at. */
export function clockText(ms: number): string {
  return durationText(Math.max(0, Math.floor(ms / 1000)) * 1000)
    .replace(/^0 ms$/, "0 s")
    .replace(".0 s", " s");
}

/** `830`, `12.3k`, `4.56M`. */
export function tokensText(tokens: number): string {
  if (tokens < 10_000) return countText(tokens);
  if (tokens < 999_950) return `${(tokens / 1000).toFixed(1)}k`;
  return `${(tokens / 1_000_000).toFixed(2)}M`;
}

/** `$1.23`, `$0.0042`, `unknown` for null. */
export function usdText(costUsd: number | null): string {
  if (costUsd === null) return "unknown";
  if (costUsd === 0) return "$0";
  return costUsd >= 0.1 ? `$${costUsd.toFixed(2)}` : `$${Number(costUsd.toPrecision(2))}`;
}

/** A metric's value with three decimals; `–` for null. */
export function valueText(value: number | null): string {
  return value === null ? "–" : value.toFixed(3);
}

/** A score as it is: `1`, `0`, `0.667`. */
export function scoreText(value: number): string {
  return String(Number(value.toFixed(3)));
}

export function bytesText(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  const [size, unit] = bytes < 1024 * 1024 ? [bytes / 1024, "KiB"] : [bytes / 1024 / 1024, "MiB"];
  return `${size.toFixed(1)} ${unit}`;
}

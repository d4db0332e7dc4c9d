/** A duration as compose writes it. */
import { z } from "../../../../src/index.ts";

const UNITS_MS: Record<string, number> = { us: 0.001, ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/** `1m30s`, `500ms`; becomes milliseconds. */
export const durationMs = z
  .string()
  .regex(/^(0|(\d+(\.\d+)?(us|ms|s|m|h))+)$/, "is no duration: write 500ms, 10s or 1m30s")
  .transform((text) =>
    [...text.matchAll(/(\d+(?:\.\d+)?)(us|ms|s|m|h)/g)].reduce(
      (sum, [, count, unit]) => sum + Number(count) * (UNITS_MS[unit ?? ""] ?? 0),
      0,
    ),
  );

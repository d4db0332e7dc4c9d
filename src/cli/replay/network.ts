/** A connection that a sandbox asked for, as one line: `network: refused example.org:443 (not-in-list)`. */
import type { StoredFields } from "../../store/read-trace.ts";
import { styled, type Line } from "../terminal/line.ts";
import { bytesText, durationText } from "../terminal/quantities.ts";

export function networkLine({ outcome, via, host, port, reason, bytesUp, bytesDown, durationMs }: StoredFields<"sandbox.network">): Line {
  const target = host === null ? "what is no host" : `${host}:${port}`;
  const bytes = outcome === "allowed" || bytesUp + bytesDown > 0 ? [`${bytesText(bytesUp)} up, ${bytesText(bytesDown)} down`] : [];
  const facts = [...(reason === undefined ? [] : [reason]), ...bytes, via, durationText(durationMs)];
  return [
    styled("network: ", "cyan"),
    styled(outcome, outcome === "allowed" ? "green" : "yellow"),
    ` ${target}`,
    styled(`  ${facts.join(" · ")}`, "dim"),
  ];
}

/** One line of JSON for programs, in which nothing acts upon a terminal that it is shown on. */
import { escaped } from "./printable.ts";

export function jsonLine(value: unknown): string {
  return `${escaped(JSON.stringify(value))}\n`;
}

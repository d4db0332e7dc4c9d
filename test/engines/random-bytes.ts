/** Bytes of any values for property tests, and shell code that prints them. */
import fc from "fast-check";

export const bytes = fc.uint8Array({ maxLength: 300 });

/** Shell code that prints exactly these bytes. */
export function print(content: Uint8Array): string {
  return `printf '${[...content].map((byte) => `\\${byte.toString(8).padStart(3, "0")}`).join("")}'`;
}

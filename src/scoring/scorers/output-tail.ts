/** The end of a command's output, as a score's explanation shows it. */
import type { ExecResult } from "../../core/sandbox.ts";

const TAIL_CHARACTERS = 2000;

/** Both streams' last 2,000 characters, marked; empty where nothing was printed. */
export function outputTail(result: ExecResult): string {
  const parts = [
    ["stdout", tailOf(result.stdout)],
    ["stderr", tailOf(result.stderr)],
  ] as const;
  return parts
    .filter(([, text]) => text !== "")
    .map(([stream, text]) => `${stream}:\n${text}`)
    .join("\n");
}

function tailOf(bytes: Uint8Array): string {
  // four bytes a character at most: no more than that is decoded.
  const text = new TextDecoder().decode(bytes.subarray(Math.max(0, bytes.length - TAIL_CHARACTERS * 4))).trimEnd();
  return text.length > TAIL_CHARACTERS ? `…${text.slice(-TAIL_CHARACTERS)}` : text;
}

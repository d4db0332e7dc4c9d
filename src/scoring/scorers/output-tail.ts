/** The end of a command's output, as a score's explanation shows it. */
import type { ExecResult, VerifyResult } from "../../core/sandbox.ts";

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

/** A score's explanation: what happened, the end of the output, and the verifier's notes, which are in the details too. */
export function explained(what: string, result: VerifyResult): { explanation: string; details?: { notes: string[] } } {
  const notes = result.notes.map((note) => `Note: ${note}`);
  const explanation = [what, ...notes, outputTail(result)].filter((part) => part !== "").join("\n");
  return { explanation, ...(notes.length > 0 && { details: { notes: [...result.notes] } }) };
}

function tailOf(bytes: Uint8Array): string {
  // four bytes a character at most: no more than that is decoded.
  const text = new TextDecoder().decode(bytes.subarray(Math.max(0, bytes.length - TAIL_CHARACTERS * 4))).trimEnd();
  return text.length > TAIL_CHARACTERS ? `…${text.slice(-TAIL_CHARACTERS)}` : text;
}

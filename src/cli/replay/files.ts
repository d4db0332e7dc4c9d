/** What a step changed in the sandbox's files, as one line: `files: M src/a.py (+3 −1), A out.txt, D tmp.log, R a → b`. */
import type { StoredFields } from "../../store/read-trace.ts";
import { styled, type Line, type Piece, type Style } from "../terminal/line.ts";
import { countOf, countText } from "../terminal/quantities.ts";

type Files = StoredFields<"sandbox.files">;
type FileChange = NonNullable<Files["changes"]>[number];

const MAX_SHOWN = 20;
const SIGNS: Record<FileChange["change"], { sign: string; style: Style }> = {
  created: { sign: "A", style: "green" },
  changed: { sign: "M", style: "yellow" },
  written: { sign: "W", style: "yellow" },
  deleted: { sign: "D", style: "red" },
  renamed: { sign: "R", style: "cyan" },
};
const SKIPPED = {
  budget: "not looked at: that had taken its share of the time",
  cancelled: "not looked at: the trial was cancelled",
  "no-start": "not looked at: what was there at the start is not known",
};

/** Undefined where nothing changed and nothing went wrong. */
export function filesLine(files: Files): Line | undefined {
  const pieces = [...changePieces(files), ...notePieces(files)];
  if (pieces.length === 0) return undefined;
  return [styled("files: ", "cyan"), ...pieces.flatMap((piece, index) => (index === 0 ? piece : [", ", ...piece]))];
}

function changePieces({ changes = [], folders, omittedChanges = 0 }: Files): Piece[][] {
  const shown = changes.slice(0, MAX_SHOWN).map((change) => changePiece(change, folders[0]));
  const more = changes.length - shown.length + omittedChanges;
  return more > 0 ? [...shown, [styled(`${countText(more)} more`, "dim")]] : shown;
}

function changePiece({ change, path, from, kind, addedLines, removedLines, omitted }: FileChange, folder: string | undefined): Piece[] {
  const { sign, style } = SIGNS[change];
  const name = `${from === undefined ? "" : `${nameText(from, folder)} → `}${nameText(path, folder)}${kind === "folder" ? "/" : ""}`;
  const lines = [addedLines ? `+${countText(addedLines)}` : "", removedLines ? `−${countText(removedLines)}` : ""]
    .filter(Boolean)
    .join(" ");
  const notes = [...(change === "changed" && lines ? [lines] : []), ...(omitted === undefined ? [] : [omitted.replace("-", " ")])];
  return [styled(sign, style), ` ${name}`, ...(notes.length > 0 ? [styled(` (${notes.join(", ")})`, "dim")] : [])];
}

function notePieces({ skipped, failed, isTruncated, unreadable, phase }: Files): Piece[][] {
  return [
    ...(skipped === undefined ? [] : [[styled(SKIPPED[skipped], "dim")]]),
    ...(failed === undefined ? [] : [[styled(`could not be looked at: ${failed.message}`, "yellow")]]),
    ...(isTruncated ? [[styled("too many to see all", "yellow")]] : []),
    // Of the whole root there always are some.
    ...(unreadable && phase === "step" ? [[styled(`${countOf(unreadable.length, "folder")} may not be read`, "dim")]] : []),
  ];
}

/** Relative to the work folder; quoted where a name could be taken for something else. */
function nameText(path: string, folder: string | undefined): string {
  const name = folder !== undefined && path.startsWith(`${folder}/`) ? path.slice(folder.length + 1) : path;
  return /^[\p{L}\p{N}._/@+=~-]+$/u.test(name) ? name : JSON.stringify(name);
}

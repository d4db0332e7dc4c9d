/** Reads what the listing command printed. All of it may be hostile: names hold anything, and a program of the same user can forge more. */
import { isUtf8 } from "node:buffer";
import type { FileEntry, FileKind, FileListing } from "../../../src/index.ts";

/** Linux stamps files by a clock that moves at least every 10 ms. */
const KERNEL_CLOCK_MS = 10;
/** Where a clock tells whole seconds only. */
const SECOND_MS = 1_000;

const GNU_KINDS: Record<string, FileKind> = { f: "file", d: "folder", l: "link" };
const MODE_KINDS: Record<number, FileKind> = { 0o100000: "file", 0o040000: "folder", 0o120000: "link" };
const MODE_TYPE = 0o170000;
const MODE_PERMISSIONS = 0o7777;

const GNU_HEAD = /^([a-zA-Z?]) (\d+:\d+) ([0-7]+) (\d+) (-?\d+(?:\.\d+)?) (-?\d+(?:\.\d+)?)$/;
const BUSYBOX_HEAD = /^([0-9a-f]+) (\d+:\d+) (\d+) (-?\d+) (-?\d+) \S+ [\d:]+(?:\.(\d+))?/;
/** Others than busybox's put the path in quotes. */
const BUSYBOX_UNREADABLE = /^find: '?(.+?)'?: Permission denied$/gm;

interface Printed {
  stdout: Uint8Array;
  stderr: Uint8Array;
  /** Known to be all; else a last record has to say so. */
  isComplete: boolean;
}

interface Reading {
  /** What ends each piece of a record. */
  separator: string;
  style: "gnu" | "busybox";
  maxEntries: number;
  leftOut: readonly string[];
}

/** Undefined where the output is none of a listing: it has no clock. */
export function parseListing({ stdout, stderr, isComplete }: Printed, reading: Reading): FileListing | undefined {
  const text = Buffer.from(stdout.buffer, stdout.byteOffset, stdout.byteLength).toString("latin1");
  const isGnu = reading.style === "gnu";
  const listing: FileListing = {
    entries: [],
    takenAtMs: Number.NaN,
    clockStepMs: KERNEL_CLOCK_MS,
    isTruncated: !isComplete,
    unreadable: isGnu ? [] : [...said(stderr).matchAll(BUSYBOX_UNREADABLE)].map(([, path = ""]) => decodePath(path)),
    leftOut: [...reading.leftOut],
  };
  readRecords(text.split(reading.separator), listing, reading);
  listing.unreadable = [...new Set(listing.unreadable)];
  if (Number.isNaN(listing.takenAtMs)) return undefined;
  const isExact = (entry: FileEntry) => entry.changedAtMs % SECOND_MS !== 0;
  if (!isGnu && !listing.entries.some(isExact)) listing.clockStepMs = SECOND_MS;
  return listing;
}

/** A record is three pieces. What does not parse was forged or cut, and says nothing. */
function readRecords(pieces: readonly string[], listing: FileListing, { style, maxEntries }: Reading): void {
  const parse = style === "gnu" ? parseGnu : parseBusybox;
  // what follows the last separator was cut.
  for (let at = 0; at + 3 < pieces.length; at += 3) {
    const [head = "", path = "", extra = ""] = [pieces[at]?.trim(), pieces[at + 1], pieces[at + 2]];
    if (head === "clock" && Number.isNaN(listing.takenAtMs)) listing.takenAtMs = clockMs(path);
    if (head === "left") listing.leftOut.push(decodePath(path));
    if (head === "unreadable") listing.unreadable.push(decodePath(path));
    if (head === "end" && path === "") {
      listing.isTruncated = false;
      return;
    }
    const entry = path.startsWith("/") ? parse(head, path, extra) : undefined;
    if (entry && listing.entries.length === maxEntries) {
      listing.isTruncated = true;
      return;
    }
    if (entry) listing.entries.push(entry);
  }
}

/** `seconds.fraction`, or seconds and a date with a fraction. */
function clockMs(text: string): number {
  const [, seconds = "NaN", fraction, dated] = /^(\d+)(?:\.(\d+)| \S+ [\d:]+\.(\d+))?/.exec(text) ?? [];
  return Number(`${seconds}.${fraction ?? dated ?? 0}`) * 1000;
}

function parseGnu(head: string, path: string, target: string): FileEntry | undefined {
  const fields = GNU_HEAD.exec(head);
  if (!fields) return undefined;
  const [, kind = "", inode = "", mode = "", size, changed, modified] = fields;
  return {
    path: decodePath(path),
    kind: GNU_KINDS[kind] ?? "other",
    sizeBytes: Number(size),
    mode: Number.parseInt(mode, 8),
    inode,
    changedAtMs: Number(changed) * 1000,
    modifiedAtMs: Number(modified) * 1000,
    ...(kind === "l" && { target: decodePath(target) }),
  };
}

function parseBusybox(head: string, path: string, nameAndTarget: string): FileEntry | undefined {
  const fields = BUSYBOX_HEAD.exec(head);
  if (!fields) return undefined;
  const [, hex = "", inode = "", size, changed, modified, fraction = "0"] = fields;
  const mode = Number.parseInt(hex, 16);
  const kind = MODE_KINDS[mode & MODE_TYPE] ?? "other";
  return {
    path: decodePath(path),
    kind,
    sizeBytes: Number(size),
    mode: mode & MODE_PERMISSIONS,
    inode,
    changedAtMs: Number(`${changed}.${fraction}`) * 1000,
    modifiedAtMs: Number(modified) * 1000,
    ...(kind === "link" && { target: decodePath(targetOf(path, nameAndTarget)) }),
  };
}

/** busybox prints a link as `'name' -> 'target'`; older ones without quotes. The name is known, so what follows is exact. */
function targetOf(path: string, nameAndTarget: string): string {
  const quoted = `'${path}' -> '`;
  if (nameAndTarget.startsWith(quoted)) return nameAndTarget.slice(quoted.length, -1);
  const plain = `${path} -> `;
  return nameAndTarget.startsWith(plain) ? nameAndTarget.slice(plain.length) : "";
}

/** From one character a byte; a byte that is not UTF-8 becomes `\xNN`, so that two names never become one. */
function decodePath(bytes: string): string {
  if (!/[\x80-\xff]/.test(bytes)) return bytes;
  const buffer = Buffer.from(bytes, "latin1");
  if (isUtf8(buffer)) return buffer.toString("utf8");
  return bytes.replaceAll(/[\x80-\xff]/g, (byte) => `\\x${byte.charCodeAt(0).toString(16)}`);
}

const said = (stderr: Uint8Array): string => Buffer.from(stderr).toString("latin1").slice(0, 10_000);

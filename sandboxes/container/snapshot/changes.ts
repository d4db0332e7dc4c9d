/** What an engine says has changed in a container's root since its image. */
import { Readable } from "node:stream";
import type { Container } from "dockerode";
import { z } from "zod";
import { jsonElements } from "./json-elements.ts";
import { PathTree } from "./path-tree.ts";
import { tooMany } from "./snapshot-error.ts";

export interface Changes {
  /** The paths that the image has and the container has not, or has something new in the place of. */
  deleted: string[];
  /** Whether a path of the container's root, in the bytes of its name, is not as the image has it. */
  isChanged(path: string): boolean;
}

/** Of each its name stays in memory, some 300 bytes with all around it. */
const MAX_CHANGES = 300_000;
/** A path has 4 KiB at most, of characters that JSON may tell by six. */
const MAX_CHANGE_BYTES = 64 * 1024;
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;

const changeSchema = z.object({ Path: z.string(), Kind: z.number() });
const ADDED = 1;
const DELETED = 2;

/** What the engine puts into every container, and what is not its root's. */
const NOT_ITS_OWN = [
  "/dev",
  "/proc",
  "/sys",
  "/.verifier",
  "/.verifier-work",
  "/.dockerenv",
  "/run/.containerenv",
  "/run/secrets",
  "/etc/hosts",
  "/etc/hostname",
  "/etc/resolv.conf",
  "/etc/mtab",
];

/** `whole` with all that is in it; `others` is no part of the root, with all that is in it. */
type Mark = "changed" | "whole" | "others";

/** `mounts` are other folders that are not its root's. Throws `sandbox/snapshot` where more has changed than can be looked through. */
export async function readChanges(container: Container, mounts: readonly string[]): Promise<Changes> {
  const marks = new PathTree<Mark>();
  for (const path of [...NOT_ITS_OWN, ...mounts]) marks.set(asTold(path), "others");
  const deleted: string[] = [];
  let count = 0;
  for await (const change of jsonElements(bounded(await askForChanges(container)), MAX_CHANGE_BYTES)) {
    if ((count += 1) > MAX_CHANGES) throw tooMany(MAX_CHANGES);
    const { Path, Kind } = changeSchema.parse(change);
    const path = asTold(Path);
    const { above, own } = marks.at(path);
    if (own === "others" || above.includes("others")) continue;
    if (Kind === DELETED) deleted.push(path);
    // A folder that was made anew is told as deleted by some engines, and what is in it as added.
    if (Kind === ADDED || Kind === DELETED) marks.set(path, "whole");
    else if (own === undefined) marks.set(path, "changed");
  }
  const unclear = deleted.find((path) => path.includes(NO_TEXT));
  if (unclear !== undefined) throw new Error(`a file that was deleted has a name that is not UTF-8: ${unclear}`);
  return {
    deleted,
    isChanged(bytes) {
      const { above, own } = marks.at(asTold(Buffer.from(bytes, "latin1").toString()));
      return own !== "others" && !above.includes("others") && (own !== undefined || above.includes("whole"));
    },
  };
}

/** Not dockerode's own `changes`: that makes one string of the whole answer, whose length only the agent knows. */
async function askForChanges({ modem, id }: Container): Promise<Readable> {
  const options = {
    path: `/containers/${id}/changes`,
    method: "GET",
    isStream: true,
    statusCodes: { 200: true, 404: "no such container", 500: "server error" },
  };
  const answer = await new Promise<unknown>((resolve, reject) => {
    modem.dial(options, (error: unknown, stream: unknown) => (error ? reject(error) : resolve(stream)));
  });
  if (answer instanceof Readable) return answer;
  throw new Error("the engine gave no list of what has changed");
}

async function* bounded(answer: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  for await (const piece of answer) {
    if ((bytes += piece.length) > MAX_ANSWER_BYTES) throw tooMany(MAX_CHANGES);
    yield piece;
  }
}

const NO_TEXT = "\uFFFD";

/** Of a name that is not UTF-8 the engine tells only that: how many characters stand for its bytes differs. */
function asTold(path: string): string {
  return path.replaceAll(/\uFFFD+/g, NO_TEXT);
}

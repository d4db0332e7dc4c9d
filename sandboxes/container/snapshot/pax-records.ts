/** The records of pax's extended headers: `LENGTH KEY=VALUE\n`, where the length counts itself. */

/**
 * What an engine's own archives say of a file. Nothing else goes from one archive into another: `GNU.sparse.name`, for one, would be the
 * file's name to whoever unpacks it, whatever its path was made to be.
 */
const KEPT = new Set(["path", "linkpath", "size", "uid", "gid", "uname", "gname", "mtime", "atime", "ctime"]);
const EXTENDED_ATTRIBUTE = "SCHILY.xattr.";

export function isKept(key: string): boolean {
  return KEPT.has(key) || key.startsWith(EXTENDED_ATTRIBUTE);
}

export function* paxRecords(content: Buffer): Generator<[string, Buffer]> {
  for (let at = 0; at < content.length;) {
    const length = Number.parseInt(content.toString("latin1", at, at + 12), 10);
    const space = content.indexOf(" ", at);
    const equals = content.indexOf("=", space);
    const end = at + length;
    if (!(length > 0) || end > content.length || space === -1 || equals === -1 || equals >= end)
      throw new Error("an extended header of the archive is damaged");
    yield [content.toString("latin1", space + 1, equals), content.subarray(equals + 1, end - 1)];
    at = end;
  }
}

export function paxRecord(key: string, value: Buffer): Buffer {
  const rest = Buffer.concat([Buffer.from(` ${key}=`, "latin1"), value, Buffer.from("\n")]);
  let length = rest.length + 1;
  while (String(length).length + rest.length !== length) length = String(length).length + rest.length;
  return Buffer.concat([Buffer.from(String(length)), rest]);
}

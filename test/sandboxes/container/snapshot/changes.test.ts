import { Readable } from "node:stream";
import fc from "fast-check";
import { expect, test } from "vitest";
import { readChanges, type Changes } from "../../../../sandboxes/container/snapshot/changes.ts";
import { stubEngine } from "../stub-engine.ts";

interface Told {
  Path: string;
  Kind: 0 | 1 | 2;
}

async function changesTold(body: unknown, mounts: string[] = []): Promise<Changes> {
  await using stub = await stubEngine(({ path }) => (path === "/containers/told/changes" ? { body } : { status: 404 }));
  return await readChanges(stub.docker.getContainer("told"), mounts);
}

/** As an engine tells what an agent did that makes file after file, and never stops. */
function endless(folder: string): Readable {
  const all = function* (): Generator<string> {
    yield '[{"Path":"/tmp","Kind":0}';
    for (let number = 0; ; number += 100) {
      yield Array.from({ length: 100 }, (_, more) => `,{"Path":"${folder}/${number + more}","Kind":1}`).join("");
    }
  };
  return Readable.from(all());
}

const names = fc.array(fc.constantFrom("a", "b", "dev", "mount"), { minLength: 1, maxLength: 4 });
const path = names.map((parts) => `/${parts.join("/")}`);
const told: fc.Arbitrary<Told> = fc.record({ Path: path, Kind: fc.constantFrom<Told["Kind"]>(0, 1, 2) });

test("a path is changed that the engine tells of, or that is in what was made or deleted; never one on a mount", async () => {
  const isIn = (one: string, folder: string): boolean => `${one}/`.startsWith(`${folder}/`);
  const isOther = (one: string): boolean => isIn(one, "/dev") || isIn(one, "/a/mount");
  await fc.assert(
    fc.asyncProperty(fc.array(told, { maxLength: 8 }), fc.array(path, { maxLength: 8 }), async (list, asked) => {
      const changes = await changesTold(list, ["/a/mount"]);
      const isChanged = (one: string): boolean =>
        list.some(({ Path, Kind }) => !isOther(one) && (Kind === 0 ? Path === one : !isOther(Path) && isIn(one, Path)));
      expect(asked.map((one) => changes.isChanged(one))).toEqual(asked.map(isChanged));
      expect(changes.deleted).toEqual(list.filter(({ Path, Kind }) => Kind === 2 && !isOther(Path)).map(({ Path }) => Path));
    }),
  );
  expect((await changesTold(null)).deleted).toEqual([]);
});

test.for([
  ["long paths", `/tmp${`/${"n".repeat(250)}`.repeat(15)}`],
  ["many files", "/tmp"],
])("a list of changes that never ends, of %s, is refused in one line while other things go on", async ([, folder = ""]) => {
  let ticks = 0;
  const timer = setInterval(() => (ticks += 1), 1);
  const refused = { code: "sandbox/snapshot", message: expect.stringMatching(/^The sandbox changed more than the 300000 files/) };
  await expect(changesTold(endless(folder))).rejects.toMatchObject(refused);
  clearInterval(timer);
  expect(ticks).toBeGreaterThan(50);
});

test("what is no list of changes is refused", async () => {
  for (const body of [{ message: "odd" }, Buffer.from('[{"Path":"/a","Kind":1}')]) {
    await expect(changesTold(body), `${JSON.stringify(body)}`).rejects.toThrow("no whole JSON array");
  }
  for (const body of [[{ Path: "/a" }], ["/a"]])
    await expect(changesTold(body), `${JSON.stringify(body)}`).rejects.toThrow(/Invalid input/);
});

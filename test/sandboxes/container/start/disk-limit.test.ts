import { expect, test } from "vitest";
import { diskLimitFor } from "../../../../sandboxes/container/start/disk-limit.ts";
import { sandboxSpecSchema, type SandboxSpecInput } from "../../../../src/index.ts";
import { stubEngine, type StubAnswer, type StubEngine, type StubRequest } from "../stub-engine.ts";

const engineOf = ({ engine }: StubEngine) => ({ ...engine });

/** As `docker logs` frames it, with what `df -Pk /` prints for a root of this size. */
function rootOf(kiB: number): Buffer {
  const text = Buffer.from(`Filesystem 1024-blocks Used Available Capacity Mounted on\noverlay ${kiB} 8 ${kiB - 8} 1% /\n`);
  const frame = Buffer.alloc(8);
  frame.writeUInt8(1, 0);
  frame.writeUInt32BE(text.length, 4);
  return Buffer.concat([frame, text]);
}

/** An engine that takes a size or refuses it, and whose containers then see a root of so many KiB. */
const answers =
  (create: StubAnswer, rootKiB: number) =>
  ({ method, path }: StubRequest): StubAnswer => {
    if (path.startsWith("/containers/create")) return create;
    if (path.includes("/wait")) return { body: { StatusCode: 0 } };
    if (path.includes("/logs")) return { body: rootOf(rootKiB) };
    return { status: method === "DELETE" || path.endsWith("/start") ? 204 : 404 };
  };

const TAKEN: StubAnswer = { status: 201, body: { Id: "tried" } };
const REFUSED: StubAnswer = { status: 500, body: { message: "--storage-opt is supported only for overlay over xfs with 'pquota'" } };

test.each([
  ["in memory where the storage driver refuses a size", REFUSED, 1024 * 1024, "tmpfs"],
  ["in memory where it takes one that the root's size does not show", TAKEN, 60_000_000, "tmpfs"],
  ["a quota where the root has the size that was asked for", TAKEN, 1024 * 1024, "quota"],
] as const)("the disk space of a container is limited %s", async (_how, create, rootKiB, expected) => {
  await using stub = await stubEngine(answers(create, rootKiB));
  const engine = engineOf(stub);
  const spec = sandboxSpecSchema.parse({ diskMiB: 16 });
  expect(await Promise.all([diskLimitFor(engine, spec, "sha256:1"), diskLimitFor(engine, spec, "sha256:1")])).toEqual([expected, expected]);
  const created = stub.requests.filter(({ path }) => path.startsWith("/containers/create"));
  expect(created).toMatchObject([
    {
      body: {
        Image: "sha256:1",
        Labels: { "assay.owner": expect.any(String) },
        HostConfig: { NetworkMode: "none", StorageOpt: { size: "1024m" } },
      },
    },
  ]);
  // What was tried is gone again, whatever came of it.
  expect(stub.requests.at(-1)).toMatchObject({ method: "DELETE" });
});

test.each<[string, SandboxSpecInput, "tmpfs" | undefined]>([
  ["not at all", {}, undefined],
  ["in memory below a root that cannot be written", { diskMiB: 16, readOnlyRoot: true }, "tmpfs"],
])("nothing is tried where the disk space is limited %s", async (_how, spec, expected) => {
  await using stub = await stubEngine(answers(TAKEN, 1));
  expect(await diskLimitFor(engineOf(stub), sandboxSpecSchema.parse(spec), "sha256:1")).toBe(expected);
  expect(stub.requests).toEqual([]);
});

test("an engine that went away is no answer: it is asked again", async () => {
  const gone = await stubEngine(answers(TAKEN, 1));
  const engine = engineOf(gone);
  await gone[Symbol.asyncDispose]();
  const spec = sandboxSpecSchema.parse({ diskMiB: 16 });
  await expect(diskLimitFor(engine, spec, "sha256:1")).rejects.toThrow("ENOENT");
  await using back = await stubEngine(answers(TAKEN, 1024 * 1024));
  engine.docker = back.docker;
  expect(await diskLimitFor(engine, spec, "sha256:1")).toBe("quota");
});

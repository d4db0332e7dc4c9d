import { expect, test } from "vitest";
import { sandboxSpecSchema } from "../../src/core/sandbox-spec.ts";

test.each([
  [{ workdir: "work" }, "absolute"],
  [{ workdir: "/workspace/../etc" }, "part"],
  [{ workdir: "/a/./b" }, "part"],
  [{ workdir: "/a\0b" }, "NUL"],
  [{ workdir: "/proc/x" }, "/proc"],
  [{ workdir: "/dev" }, "/dev"],
  [{ user: "a\0" }, "NUL"],
  [{ env: { "A=B": "" } }, "="],
  [{ env: { "": "x" } }, "empty"],
  [{ env: { A: "\0" } }, "NUL"],
  [{ tmpfs: { "/c,exec": 1 } }, "comma"],
  [{ tmpfs: { "/c/../../etc": 1 } }, "part"],
  [{ tmpfs: { "/": 1 } }, "cannot be /"],
  [{ watch: ["/a/../b"] }, "part"],
  [{ memoryMiB: 1 }, ">=6"],
  [{ cpus: 0.0001 }, ">=0.01"],
  [{ cpus: -1 }, ">=0.01"],
])("a spec with %j is refused before anything starts", (spec, word) => {
  const parsed = sandboxSpecSchema.safeParse(spec);
  expect(parsed.error?.message).toContain(word);
});

test.each([
  { workdir: "/a b/ü\nc" },
  { workdir: "/srv/..a" },
  { workdir: "/process" },
  { tmpfs: { "/cache": 16 } },
  { env: { "a.b-c": "x=y" } },
])("a spec with %j is taken", (spec) => {
  expect(sandboxSpecSchema.parse(spec)).toMatchObject(spec);
});

import fc from "fast-check";
import { expect, test } from "vitest";
import { canonicalHost, isAddress, parseAllowedHost } from "../../src/core/allow-list.ts";
import { sandboxSpecSchema } from "../../src/core/sandbox-spec.ts";

test.each([
  ["https://example.org", "is a URL"],
  ["example.org/path", "is a URL"],
  ["user@example.org", "is a URL"],
  ["", "is no host"],
  ["a b", "is no host"],
  ["example.org:", "is no host"],
  ["2001:db8::1", "[2001:db8::1]:443"],
  ["-a.example.org", "is no host"],
  ["a..b", "is no host"],
  ["example.org:0", "a port that is not between"],
  ["example.org:65536", "a port that is not between"],
  ["*", "a * that is not its first part"],
  ["a.*.org", "a * that is not its first part"],
  ["*.org", "too wide"],
  ["*.10.0.0.1", "a wildcard before an address"],
  ["127.1:80", "another way to write 127.0.0.1"],
  ["Example.org", undefined],
  ["[::ffff:10.0.0.1]", "another way to write 10.0.0.1"],
  ["0.0.0.0:80", "no address of one machine"],
  ["localhost:5432", "is the sandbox itself"],
  ["a.localhost", "is the sandbox itself"],
])("an allow-list with %j is refused with words, unless it is a host", (entry, words) => {
  const parsed = sandboxSpecSchema.safeParse({ network: { allow: [entry] } });
  expect(parsed.success).toBe(words === undefined);
  if (words !== undefined) expect(parsed.error?.issues[0]?.message).toContain(words);
});

test.each([
  ["host", '"none", "bridge" or { "allow"'],
  [{ allow: [] }, ">=1 items"],
  [{ allow: ["a"], deny: ["b"] }, '"deny"'],
])("a network of %j is refused with what it may be", (network, words) => {
  expect(sandboxSpecSchema.safeParse({ network }).error?.issues[0]?.message).toContain(words);
});

test("a host without a port means 80 and 443", () => {
  expect(["example.org", "*.example.org:8080", "203.0.113.7:5432", "[2001:db8::1]"].map(parseAllowedHost)).toEqual([
    { host: "example.org", kind: "name", ports: [80, 443] },
    { host: "example.org", kind: "wildcard", ports: [8080] },
    { host: "203.0.113.7", kind: "address", ports: [5432] },
    { host: "[2001:db8::1]", kind: "address", ports: [80, 443] },
  ]);
});

test("every spelling of an IPv4 address is told as the one", () => {
  const radix = fc.constantFrom(
    (n: number) => String(n),
    (n: number) => `0x${n.toString(16)}`,
    (n: number) => `0${n.toString(8)}`,
  );
  const address = fc.tuple(fc.array(fc.nat(255), { minLength: 4, maxLength: 4 }), fc.integer({ min: 1, max: 4 }), radix);
  fc.assert(
    fc.property(address, ([bytes, parts, write]) => {
      const last = bytes.slice(parts - 1).reduce((sum, byte) => sum * 256 + byte, 0);
      const spelled = [...bytes.slice(0, parts - 1), last].map(write).join(".");
      expect(canonicalHost(spelled)).toBe(bytes.join("."));
      expect(canonicalHost(`[::ffff:${bytes.join(".")}]`)).toBe(bytes.join("."));
    }),
  );
});

test("whatever text is a host, its one spelling stays itself and is never taken for both a name and an address", () => {
  const text = fc.oneof(
    fc.domain(),
    fc.ipV4Extended(),
    fc.ipV6().map((address) => `[${address}]`),
    fc.string(),
  );
  fc.assert(
    fc.property(text, (host) => {
      const canonical = canonicalHost(host);
      if (canonical === undefined) return;
      expect(canonicalHost(canonical)).toBe(canonical);
      expect(canonicalHost(host.toUpperCase())).toBe(canonical);
      if (!isAddress(canonical)) expect(URL.parse(`http://${canonical}/`)?.hostname).toBe(canonical);
    }),
  );
});

import fc from "fast-check";
import { networkInterfaces } from "node:os";
import { expect, test } from "vitest";
import { isPublicAddress } from "../../../../sandboxes/container/allow-list/addresses.ts";
import { allowedHosts, judge } from "../../../../sandboxes/container/allow-list/rules.ts";

const bytes = (first: readonly number[]) =>
  fc.array(fc.nat(255), { minLength: 4 - first.length, maxLength: 4 - first.length }).map((rest) => [...first, ...rest].join("."));

const CLOSED = fc.oneof(
  ...[[0], [10], [127], [169, 254], [192, 168], [172, 16], [172, 31], [100, 64], [100, 127], [192, 0, 0], [198, 18], [198, 19]].map(bytes),
  fc.integer({ min: 224, max: 255 }).chain((first) => bytes([first])),
);

test("a name leads to no address that is not public, of IPv4 or written as one of IPv6, unless the list has that address", async () => {
  await fc.assert(
    fc.asyncProperty(CLOSED, fc.constantFrom("", "::ffff:"), async (address, prefix) => {
      expect(isPublicAddress(address)).toBe(false);
      const resolve = () => Promise.resolve([`${prefix}${address}`]);
      const target = { host: "a.example.org", port: 443 };
      expect(await judge(allowedHosts(["*.example.org"]), target, resolve)).toEqual({ host: "a.example.org", reason: "address" });
      const named = allowedHosts(["*.example.org", `${address}:443`]);
      if (named.length === 2) expect(await judge(named, target, resolve)).toEqual({ host: "a.example.org", addresses: [address] });
      expect(await judge(allowedHosts(["*.example.org", `${address}:80`]), target, resolve)).toMatchObject({ reason: "address" });
    }),
  );
});

test.each(["168.63.129.16", "169.254.169.254", "169.254.170.2", "169.254.0.23", "100.100.100.200", "192.0.0.192", "fd00:ec2::254"])(
  "%s, where a cloud tells a machine about itself, is not public",
  (address) => expect(isPublicAddress(address)).toBe(false),
);

test.each([
  "::",
  "::1",
  "fe80::1",
  "fc00::1",
  "fd00:ec2::254",
  "ff02::1",
  "64:ff9b::a00:1",
  "2001::1",
  "2002:7f00:1::",
  "::7f00:1",
  "100::1",
  "3fff::1",
])("%s is not public", (address) => expect(isPublicAddress(address)).toBe(false));

test.each([
  "8.8.8.8",
  "168.63.129.15",
  "172.15.255.255",
  "172.32.0.0",
  "100.63.255.255",
  "100.128.0.0",
  "223.255.255.255",
  "2606:4700::1111",
])("%s is public", (address) => expect(isPublicAddress(address)).toBe(true));

test("this machine's own addresses are not public", () => {
  const own = Object.values(networkInterfaces()).flatMap((entries) => (entries ?? []).map(({ address }) => address));
  expect(own.filter(isPublicAddress)).toEqual([]);
});

test("of several addresses of a name only the public ones are taken", async () => {
  const verdict = await judge(allowedHosts(["example.org"]), { host: "EXAMPLE.org.", port: 80 }, () =>
    Promise.resolve(["10.0.0.1", "8.8.8.8", "fe80::1", "2606:4700::1111"]),
  );
  expect(verdict).toEqual({ host: "example.org", addresses: ["8.8.8.8", "2606:4700::1111"] });
});

test("a name that cannot be resolved says so, and one that is not in the list is not even looked up", async () => {
  const resolve = () => Promise.reject(new Error("asked"));
  expect(await judge(allowedHosts(["example.org"]), { host: "example.org", port: 80 }, resolve)).toMatchObject({ reason: "unresolved" });
  const asked: string[] = [];
  const noting = (name: string) => Promise.resolve([asked.push(name).toString()]);
  for (const host of ["secret.elsewhere.org", "evilexample.org", "example.org.evil.org", "[::1]"])
    expect(await judge(allowedHosts(["*.example.org"]), { host, port: 80 }, noting)).toMatchObject({ reason: "not-in-list" });
  expect(asked).toEqual([]);
});

import fc from "fast-check";
import { expect, test } from "vitest";
import { parseEngineUrl, withoutCredentials, withoutPassword } from "../../../../sandboxes/container/engine/connection/address.ts";

test.each([
  ["unix:///run/docker.sock", { kind: "unix", path: "/run/docker.sock" }],
  ["tcp://box", { kind: "tcp", host: "box", port: 2375, isTls: false }],
  ["tcp://box:2376", { kind: "tcp", host: "box", port: 2376, isTls: true }],
  ["https://box", { kind: "tcp", host: "box", port: 2376, isTls: true }],
  ["http://box:80", { kind: "tcp", host: "box", port: 80, isTls: false }],
  ["tcp://[::1]:4243", { kind: "tcp", host: "::1", port: 4243, isTls: false }],
  ["ssh://box", { kind: "ssh", host: "box", user: undefined, port: undefined, path: "/var/run/docker.sock" }],
  ["ssh://me@box:22/run/user/1/docker.sock", { kind: "ssh", host: "box", user: "me", port: 22, path: "/run/user/1/docker.sock" }],
])("%s is understood", (url, expected) => {
  expect(parseEngineUrl(url, {})).toEqual(expected);
});

test("DOCKER_TLS_VERIFY makes TLS of tcp://, as for the docker program, and nothing of http://", () => {
  expect(parseEngineUrl("tcp://box", { DOCKER_TLS_VERIFY: "1" })).toMatchObject({ port: 2376, isTls: true });
  expect(parseEngineUrl("http://box", { DOCKER_TLS_VERIFY: "1" })).toMatchObject({ port: 2375, isTls: false });
});

test("what is no address says what one begins with, or is understood with a host or a path", () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.webUrl(), fc.constantFrom("tcp://", "ssh://", "box:2375", "ftp://box")), (url) => {
      try {
        expect(parseEngineUrl(url, {}).kind).toMatch(/^(unix|tcp|ssh)$/);
      } catch (error) {
        expect(String(error)).toContain("no address of an engine; it begins with");
      }
    }),
  );
});

test("no password is shown, and nobody's name recorded", () => {
  expect(withoutPassword("tcp://me:secret@box:2376")).toBe("tcp://me@box:2376");
  expect(withoutCredentials("tcp://me:secret@box:2376")).toBe("tcp://box:2376");
  expect(withoutCredentials("unix:///run/a@b.sock")).toBe("unix:///run/a@b.sock");
});

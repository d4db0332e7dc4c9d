import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { credentialsFor, registryOf } from "../../../../sandboxes/container/image/registry-credentials.ts";

const HUB = "https://index.docker.io/v1/";
const base64 = (text: string): string => Buffer.from(text).toString("base64");

/** What is found for an image where config.json holds `content`. */
async function found(content: string, image: string) {
  const folder = await mkdtemp(join(tmpdir(), "assay-docker-config-"));
  try {
    await writeFile(join(folder, "config.json"), content);
    return await credentialsFor(image, { DOCKER_CONFIG: folder });
  } finally {
    await rm(folder, { recursive: true });
  }
}

test.each([
  ["debian", HUB],
  ["library/debian:12", HUB],
  ["docker.io/library/debian", HUB],
  ["registry.example/team/app:1", "registry.example"],
  ["localhost/app", "localhost"],
  ["127.0.0.1:5000/app@sha256:00", "127.0.0.1:5000"],
])("the image %s is of the registry %s", (image, registry) => {
  expect(registryOf(image)).toBe(registry);
});

test("a login is found by its registry, as `docker login` writes it and with a scheme, and with colons in its password", async () => {
  for (const name of ["registry.example", "https://registry.example/v1/"]) {
    const config = JSON.stringify({ auths: { [name]: { auth: base64("me:a:b") } } });
    expect(await found(config, "registry.example/app")).toEqual({
      credentials: { username: "me", password: "a:b", serveraddress: "registry.example" },
    });
    expect(await found(config, "other.example/app")).toEqual({});
  }
});

test("a token takes the place of a password, and Docker Hub is known by its own name", async () => {
  const config = JSON.stringify({ auths: { [HUB]: { auth: base64("me:"), identitytoken: "token" } } });
  expect(await found(config, "debian")).toMatchObject({ credentials: { identitytoken: "token", serveraddress: HUB } });
});

test("a config.json of any content is read or said to be none, and what it holds is not told", async () => {
  const contents = fc.oneof(fc.json(), fc.string(), fc.constantFrom('{"auths": 1}', "{"));
  await fc.assert(
    fc.asyncProperty(contents, async (content) => {
      const { problem = "" } = await found(content, "registry.example/app");
      expect(["", "Docker's config.json is no JSON of the form that `docker login` writes, so no credentials were sent."]).toContain(
        problem,
      );
    }),
    { numRuns: 50 },
  );
  expect((await found('{"auths": "secret"}', "registry.example/app")).problem).toContain("no JSON of the form");
});

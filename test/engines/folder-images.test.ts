/** Of an image that lacks the user's folders, the first containers are given them; later ones are made from an image that has them. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Sandbox, SandboxSpecInput } from "../../src/index.ts";
import { sleep, text } from "../sandboxes/contract/context.ts";
import { temporaryFolder } from "../store/run-folders.ts";
import { testEngines, type TestEngine } from "./engines.ts";
import { startsSandboxes } from "./opened-backend.ts";

const LOOK = 'touch own ~/own && for path in "$PWD" ~ /home; do stat -c "%n %u %g %a" "$path"; done; ls -A';
const STARTS_BEFORE = 4;

const folderImages = ({ client }: TestEngine) => client.listImages({ filters: { label: ["assay.image=folders"] } });

async function removeFolderImages(engine: TestEngine): Promise<void> {
  for (const { Id } of await folderImages(engine)) await engine.client.getImage(Id).remove({ force: true });
}

async function whenOneIsThere(engine: TestEngine): Promise<void> {
  for (let waitedMs = 0; waitedMs < 30_000; waitedMs += 100) {
    if ((await folderImages(engine)).length > 0) return;
    await sleep(100);
  }
  throw new Error("no image was made");
}

/** A rootless Podman 4.3 cannot make an image of a container through its API: there the folders are put into each. */
for (const engine of await testEngines("docker", "rootful")) {
  describe.runIf(engine.isHere)(`folders of an image's many containers, ${engine.title}`, () => {
    beforeAll(() => removeFolderImages(engine));
    afterAll(() => removeFolderImages(engine));
    const start = startsSandboxes(engine.definition, "folder-images");
    const imageOf = async ({ id }: Sandbox): Promise<string> => (await engine.client.getContainer(id).inspect()).Image;
    const look = async (sandbox: Sandbox): Promise<string> => text((await sandbox.exec(LOOK)).stdout);

    it("are as those that are put into each container", { timeout: 120_000 }, async () => {
      const spec: SandboxSpecInput = { image: "debian:bookworm-slim" };
      const looks: string[] = [];
      const images: string[] = [];
      // It is made meanwhile, and used as soon as it is known.
      while (images.length <= STARTS_BEFORE || (images.at(-1) === images[0] && images.length < 40)) {
        if (images.length > STARTS_BEFORE) await sleep(200);
        await using sandbox = await start(spec);
        looks.push(await look(sandbox));
        images.push(await imageOf(sandbox));
      }
      expect(looks[0]).toBe("/workspace 1000 1000 755\n/home/agent 1000 1000 755\n/home 0 0 755\nown\n");
      expect(new Set(looks).size).toBe(1);
      expect(new Set(images.slice(0, STARTS_BEFORE)).size).toBe(1);
      expect(images.at(-1)).not.toBe(images[0]);
    });

    it("are put into a container again where somebody has removed that image", { timeout: 120_000 }, async () => {
      const spec: SandboxSpecInput = { image: "debian:bookworm-slim", workdir: "/work" };
      await removeFolderImages(engine);
      for (let count = 0; count < STARTS_BEFORE; count += 1) await (await start(spec))[Symbol.asyncDispose]();
      await whenOneIsThere(engine);
      await sleep(500);
      await removeFolderImages(engine);
      await using sandbox = await start(spec);
      expect(await look(sandbox)).toMatch(/^\/work 1000 1000 755\n/);
    });

    it("are made without running what the image does where another is built of it", { timeout: 120_000 }, async () => {
      await removeFolderImages(engine);
      await using folder = await temporaryFolder();
      await writeFile(join(folder.path, "Dockerfile"), "FROM debian:bookworm-slim\nONBUILD RUN touch /triggered\n");
      for (let count = 0; count <= STARTS_BEFORE; count += 1) {
        await using sandbox = await start({ dockerfile: folder.path });
        expect(await look(sandbox)).toMatch(/^\/workspace 1000 1000 755\n/);
        expect((await sandbox.exec("ls /triggered")).exitCode).not.toBe(0);
        if (count < STARTS_BEFORE - 1) continue;
        await whenOneIsThere(engine);
        await sleep(500);
      }
    });

    it("are in an image whose containers no prune takes for ours", async () => {
      const [image] = await folderImages(engine);
      expect(image?.Labels["assay.owner"]).toBe("");
    });

    it("are put into each container where they are mounted, read-only or another user's", { timeout: 120_000 }, async () => {
      const specs: SandboxSpecInput[] = [
        { readOnlyRoot: true },
        { tmpfs: { "/workspace": 16 } },
        { user: "daemon" },
        { workdir: "/srv/deep/work" },
      ];
      for (const spec of specs) {
        for (let count = 0; count <= STARTS_BEFORE; count += 1) {
          await using sandbox = await start({ image: "debian:bookworm-slim", ...spec });
          const { exitCode, stdout, stderr } = await sandbox.exec("touch own && stat -c %u . && id -u");
          const [owner, own] = text(stdout).split("\n");
          expect([spec, exitCode, text(stderr), owner]).toEqual([spec, 0, "", spec.tmpfs ? expect.anything() : own]);
        }
      }
    });
  });
}

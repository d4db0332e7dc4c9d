import { mkdtempDisposable, readdir, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { expect, test } from "vitest";
import { loadPrices, priceOf } from "../../src/models/prices.ts";
import { loadPart } from "../../src/run/registry.ts";
import { standIn } from "./stand-in.ts";

const page = await readFile(new URL("../../docs/models.md", import.meta.url), "utf8");

/** Writes a file as the page shows it into a folder of its own. */
async function shownFile(name: string) {
  const content = page.split("\n```").find((fence) => fence.split("\n")[0]?.endsWith(`file=${name}`));
  if (content === undefined) throw new Error(`docs/models.md shows no ${name}`);
  const folder = await mkdtempDisposable(join(tmpdir(), "models-page-"));
  await writeFile(join(folder.path, name), content.slice(content.indexOf("\n") + 1));
  return folder;
}

test("the provider that the page shows works from another folder: recorded, and tried again", async () => {
  await using folder = await shownFile("my-server.ts");
  await using server = await standIn([{ status: 500, headers: { "retry-after-ms": "1" }, body: "busy" }, { body: "forty-two" }]);
  const { stdout } = await execa(process.execPath, [join(import.meta.dirname, "ask-own-provider.process.ts"), "my-server.ts", server.url], {
    cwd: folder.path,
  });
  expect(JSON.parse(stdout)).toMatchObject({
    text: "forty-two",
    responseBody: "forty-two",
    requestBody: server.received[1]?.body,
    costUsd: null,
    retries: [{ status: 500, message: "busy", body: "busy" }],
  });
});

test("the price file that the page shows works", async () => {
  await using folder = await shownFile("prices.yaml");
  const prices = await loadPrices(join(folder.path, "prices.yaml"));
  expect([priceOf(prices, "openai-compatible/my-model")?.input, priceOf(prices, "openai-compatible/other")?.input]).toEqual([0.2, 0]);
});

test("the page names every provider and every environment variable", async () => {
  for (const file of await readdir(new URL("../../src/models/providers/", import.meta.url))) {
    const provider = await loadPart("provider", file.replace(".ts", ""));
    for (const name of [`\`${provider.name}/`, ...(provider.environment ?? [])]) expect(page).toContain(name);
  }
});

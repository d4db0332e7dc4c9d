import { createServer, type Server } from "node:http";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { z } from "zod";
import { loadData } from "../../src/data/rows.ts";

const schema = z.looseObject({ question: z.string() });
const CONVERTED = "a".repeat(40);
const MAIN = "b".repeat(40);
const parquet = await readFile(new URL("../fixtures/data/two-rows.parquet", import.meta.url));

/** A stand-in for the hub: the two endpoints that are used, over `repositories` by id and revision. */
interface Hub {
  repositories: Record<string, Record<string, { sha: string; files: Record<string, string | Buffer> }>>;
  asked: string[];
  tokens: (string | undefined)[];
  server: Server;
}

let hub: Hub;
let cacheDir: string;

beforeEach(async () => {
  cacheDir = await mkdtemp(join(tmpdir(), "assay-hub-"));
  const files = {
    "README.md": "#",
    "main/test/0000.parquet": parquet,
    "main/train/0000.parquet": parquet,
    "socratic/test/0000.parquet": parquet,
  };
  hub = {
    repositories: { "openai/gsm8k": { "refs/convert/parquet": { sha: CONVERTED, files } } },
    asked: [],
    tokens: [],
    server: createServer(),
  };
  hub.server.on("request", (request, response) => {
    const url = request.url ?? "";
    hub.asked.push(url);
    hub.tokens.push(request.headers.authorization);
    const [, api, id = "", revision = "", path = ""] =
      /^\/(api\/)?datasets\/([^/]+\/[^/]+)\/(?:revision|resolve)\/([^/]+)(?:\/(.+))?$/.exec(url) ?? [];
    if (id === "gated/set") return response.writeHead(403).end();
    const branches = Object.entries(hub.repositories[id] ?? {});
    const found = branches.find(([name, { sha }]) => [name, sha].includes(decodeURIComponent(revision)))?.[1];
    if (!found) return response.writeHead(404).end();
    if (api)
      return response.end(JSON.stringify({ id, sha: found.sha, siblings: Object.keys(found.files).map((rfilename) => ({ rfilename })) }));
    const content = found.files[decodeURIComponent(path)];
    return content === undefined ? response.writeHead(404).end() : response.end(content);
  });
  await new Promise<void>((resolve) => hub.server.listen(0, "127.0.0.1", resolve));
  vi.stubEnv("HF_ENDPOINT", `http://127.0.0.1:${(hub.server.address() as AddressInfo).port}`);
  vi.stubEnv("HF_TOKEN", "");
});

afterEach(async () => {
  vi.unstubAllEnvs();
  if (hub.server.listening) await hangUp();
  await rm(cacheDir, { recursive: true });
});

/** Ends the server: its port then refuses connections. */
async function hangUp(): Promise<void> {
  hub.server.closeAllConnections();
  await new Promise((resolve) => hub.server.close(resolve));
}

const gsm8k = { dataset: "openai/gsm8k", config: "main", split: "test" };

test("a split comes from the converted Parquet files, pinned to their commit, and is fetched once", async () => {
  const first = await loadData(gsm8k, { schema, cacheDir });
  expect(first.rows).toHaveLength(2);
  expect(first.revision).toBe(CONVERTED);
  const second = await loadData(gsm8k, { schema, cacheDir });
  expect(second).toEqual(first);
  expect(hub.asked).toEqual([
    "/api/datasets/openai/gsm8k/revision/refs%2Fconvert%2Fparquet",
    `/datasets/openai/gsm8k/resolve/${CONVERTED}/main/test/0000.parquet`,
    "/api/datasets/openai/gsm8k/revision/refs%2Fconvert%2Fparquet",
  ]);
});

test("a pinned commit that is in the cache needs no hub", async () => {
  const pinned = { ...gsm8k, revision: CONVERTED };
  const first = await loadData(pinned, { schema, cacheDir });
  hub.asked = [];
  expect(await loadData(pinned, { schema, cacheDir })).toEqual(first);
  expect(hub.asked).toEqual([]);
});

test("a repository without converted files is read from its own", async () => {
  hub.repositories["own/files"] = {
    main: {
      sha: MAIN,
      files: {
        "data/test-00000-of-00002.parquet": parquet,
        "data/test-00001-of-00002.parquet": parquet,
        "data/train-00000-of-00001.parquet": parquet,
      },
    },
  };
  hub.repositories["own/lines"] = { main: { sha: MAIN, files: { "test.jsonl": '{"question": "a"}\n', "train.jsonl": "{}" } } };
  const files = await loadData({ dataset: "own/files", split: "test" }, { schema, cacheDir });
  const lines = await loadData({ dataset: "own/lines", split: "test" }, { schema, cacheDir });
  expect([files.rows.length, files.revision, lines.rows]).toEqual([4, MAIN, [{ question: "a" }]]);
});

test("when the hub stops answering, what was fetched last is used", async () => {
  const first = await loadData(gsm8k, { schema, cacheDir });
  await hangUp();
  expect(await loadData(gsm8k, { schema, cacheDir })).toEqual(first);
});

test("without a network the error is one line that says what to do", async () => {
  await hangUp();
  const work = loadData(gsm8k, { schema, cacheDir });
  await expect(work).rejects.toMatchObject({
    code: "data/not-found",
    message: `Data set openai/gsm8k / main / test cannot be fetched: ${new URL(process.env["HF_ENDPOINT"] ?? "").host} does not answer (ECONNREFUSED).`,
    hint: "Check the network or HF_ENDPOINT, or use a local copy with -o data=PATH.",
  });
});

test.each([
  [{ dataset: "no/such", split: "test" }, "Data set no/such / test does not exist on the hub."],
  [{ dataset: "gated/set", split: "test" }, "Data set gated/set / test is refused by the hub (403)."],
  [{ ...gsm8k, split: "validation" }, "Data set openai/gsm8k has no split main:validation."],
  [{ dataset: "openai/gsm8k", split: "test" }, "Data set openai/gsm8k has several configurations and none was named."],
])("what the hub does not have is said in one line: %o", async (source, message) => {
  await expect(loadData(source, { schema, cacheDir })).rejects.toMatchObject({ code: "data/not-found", message });
});

test("the token is sent where it is set", async () => {
  vi.stubEnv("HF_TOKEN", "hf_secret");
  await loadData(gsm8k, { schema, cacheDir });
  expect(new Set(hub.tokens)).toEqual(new Set(["Bearer hf_secret"]));
});

test("a hostile repository cannot name a file outside of the cache", async () => {
  const name = "main/test/../../../../../../escaped/test.jsonl";
  hub.repositories["../evil"] = {};
  hub.repositories["evil/set"] = { main: { sha: MAIN, files: { [name]: '{"question": "a"}\n' } } };
  await loadData({ dataset: "evil/set", config: name.replace("/test.jsonl", ""), split: "test" }, { schema, cacheDir }).catch(
    () => undefined,
  );
  const written = await readdir(cacheDir, { recursive: true });
  expect(written.filter((path) => path.split("/").includes(".."))).toEqual([]);
  expect((await readdir(join(cacheDir, ".."))).includes("escaped")).toBe(false);
});

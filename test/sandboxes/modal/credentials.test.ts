import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { findCredentials } from "../../../sandboxes/modal/credentials.ts";

const TOML = `# profiles
[default]
token_id = "ak-default"
token_secret = "as-default"

[team]
token_id = 'ak-team'
token_secret = 'as-team'
server_url = "https://example.org:443"
active = true

[empty]
`;
let folder = "";
const config = (): string => join(folder, "modal.toml");

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "assay-credentials-"));
  await writeFile(config(), TOML);
});
afterAll(() => rm(folder, { recursive: true }));

it("finds the active profile of the file, or the one that is named", async () => {
  expect(await findCredentials({ MODAL_CONFIG_PATH: config() })).toEqual({ source: config(), serverUrl: "https://example.org:443" });
  expect(await findCredentials({ MODAL_CONFIG_PATH: config(), MODAL_PROFILE: "default" })).toEqual({
    source: config(),
    serverUrl: undefined,
  });
  expect(await findCredentials({ MODAL_CONFIG_PATH: config(), MODAL_PROFILE: "empty" })).toBeUndefined();
});

it("takes the environment before the file, and half a token for none", async () => {
  const nowhere = { MODAL_CONFIG_PATH: join(folder, "nowhere") };
  const token = { MODAL_TOKEN_ID: "ak-1", MODAL_TOKEN_SECRET: "as-1" };
  expect(await findCredentials({ ...nowhere, ...token })).toEqual({ source: "the environment", serverUrl: undefined });
  expect(await findCredentials({ ...nowhere, MODAL_TOKEN_ID: "ak-1" })).toBeUndefined();
  expect(await findCredentials(nowhere)).toBeUndefined();
});

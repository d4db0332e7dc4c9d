/** Whether Modal can be used here, as far as this machine alone can tell: nothing is loaded and nobody is asked. */
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import type { Availability } from "../../src/index.ts";
import { findCredentials } from "./credentials.ts";
import { INSTALL_HINT, MODAL_VERSION } from "./sdk.ts";

const manifestSchema = z.object({ version: z.string() });

export async function modalAvailability(): Promise<Availability> {
  const version = await installedVersion();
  if (version === undefined)
    return { isAvailable: false, reason: "The package that speaks to Modal is not installed.", hint: INSTALL_HINT };
  if (version !== MODAL_VERSION) {
    const reason = `The package modal is installed as version ${version}, and Assay speaks to Modal through ${MODAL_VERSION} alone.`;
    return { isAvailable: false, reason, hint: INSTALL_HINT };
  }
  const credentials = await findCredentials();
  if (!credentials) {
    return {
      isAvailable: false,
      reason: "There is no token for Modal, neither in MODAL_TOKEN_ID and MODAL_TOKEN_SECRET nor in ~/.modal.toml.",
      hint: "Make one at https://modal.com/settings/tokens and export both, or run `modal token new`.",
    };
  }
  if (credentials.serverUrl !== undefined && !isServerUrl(credentials.serverUrl)) {
    return {
      isAvailable: false,
      reason: `Modal's server is given as ${JSON.stringify(credentials.serverUrl)}, which is no http:// or https:// address.`,
      hint: "Correct MODAL_SERVER_URL, or server_url in ~/.modal.toml; without it Modal's own is asked.",
    };
  }
  const server = credentials.serverUrl === undefined ? "" : `, server ${credentials.serverUrl}`;
  return {
    isAvailable: true,
    detail: `modal ${version}, token from ${credentials.source}${server}`,
    version,
    notes: ["Whether Modal takes the token is seen when a run starts."],
  };
}

function isServerUrl(text: string): boolean {
  return /^https?:$/.test(URL.parse(text)?.protocol ?? "");
}

/** From the package's own manifest, which its exports hide. */
async function installedVersion(): Promise<string | undefined> {
  try {
    const main = fileURLToPath(import.meta.resolve("modal"));
    return manifestSchema.parse(JSON.parse(await readFile(join(dirname(dirname(main)), "package.json"), "utf8"))).version;
  } catch {
    return undefined;
  }
}

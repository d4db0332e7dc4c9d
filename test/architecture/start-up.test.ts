/** No command loads what it does not use. */
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { expect, test } from "vitest";

const bin = fileURLToPath(new URL("../../bin/assay.js", import.meta.url));
const HEAVY = ["@ai-sdk/", "dockerode", "just-bash", "undici", "hyparquet", "tar-stream"];

/** Packages that a command loads, by the URLs of its modules. */
async function loadedBy(...args: string[]): Promise<string[]> {
  const log = `import { registerHooks } from "node:module"; registerHooks({ load: (url, context, next) => { if (url.includes("/node_modules/")) process.stderr.write("LOADED " + url + "\\n"); return next(url, context); } });`;
  const { stderr } = await execa(process.execPath, ["--import", `data:text/javascript,${encodeURIComponent(log)}`, bin, ...args]);
  return stderr
    .split("\n")
    .flatMap((line) => (line.startsWith("LOADED ") ? [line.slice(line.lastIndexOf("/node_modules/") + "/node_modules/".length)] : []));
}

test.each([["--help"], ["--version"], ["run", "--help"], ["list", "tasks"], ["config"]])(
  "assay %s loads no model, sandbox or data library",
  async (...args) => {
    const loaded = await loadedBy(...args.filter((word) => word !== undefined));
    expect(loaded.join("\n")).toContain("commander/");
    expect(loaded.filter((path) => HEAVY.some((name) => path.startsWith(name)))).toEqual([]);
  },
);

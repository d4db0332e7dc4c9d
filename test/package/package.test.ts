/** The compiled package as a stranger meets it: packed, installed into an empty folder, used there with a file of their own. */
import { mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const root = fileURLToPath(new URL("../../", import.meta.url));

const TASK = `import { accuracy, defineTask, exactMatch, z } from "assay";

export default defineTask({
  name: "sums",
  description: "Adds two numbers.",
  source: () => [{ a: 2, b: 3 }, { a: 20, b: 22 }],
  row: z.object({ a: z.number(), b: z.number() }),
  toInstance: ({ a, b }) => ({ id: \`\${a}+\${b}\`, data: { expected: String(a + b) }, reference: { commands: [\`echo $((\${a} + \${b}))\`], answer: String(a + b) } }),
  format: ({ id }) => ({ kind: "chat", messages: [{ role: "user", content: \`What is \${id}? Answer with the number alone.\` }] }),
  scorers: [exactMatch<{ expected: string }>({ expected: ({ data }) => data.expected })],
  metrics: [accuracy({ score: "exact" })],
  primaryMetric: "accuracy",
});
`;

const SANDBOX = `import { defineSandbox } from "assay";
import embedded from "assay/sandboxes/embedded";

export default defineSandbox({ ...embedded, name: "mine", description: "The embedded sandbox under a name of our own." });
`;

let folder: string;
let missing: string | undefined;

const npx = (...args: string[]) => execa("npx", ["--no-install", ...args], { cwd: folder, env: { npm_config_yes: "false" } });

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "assay-package-"));
  const packed = await execa("npm", ["pack", "--silent", "--pack-destination", folder], { cwd: root });
  const tarball = packed.stdout.trim().split("\n").at(-1) ?? "";
  await writeFile(join(folder, "package.json"), '{ "name": "foreign", "private": true, "type": "module" }');
  await writeFile(join(folder, "sums.ts"), TASK);
  await writeFile(join(folder, "mine.ts"), SANDBOX);
  const installed = await execa("npm", ["install", "--prefer-offline", "--no-audit", `./${tarball}`], { cwd: folder, reject: false });
  if (installed.exitCode === 0) return;
  if (!/E(?:NOTFOUND|CONNREFUSED|CONNRESET|TIMEDOUT|AI_AGAIN|NETUNREACH)\b|EAI_AGAIN/.test(installed.stderr))
    throw new Error(installed.stderr);
  missing = "npm's registry cannot be reached, so the package cannot be installed";
  console.warn(`SKIPPED: ${missing}.`);
}, 300_000);

afterAll(() => rm(folder, { recursive: true, force: true }));

describe("the installed package", () => {
  test("brings its dependencies, and its size is known", { timeout: 60_000 }, async ({ skip }) => {
    skip(missing !== undefined, missing);
    const [own, all] = await Promise.all([bytesIn(join(folder, "node_modules/assay")), bytesIn(join(folder, "node_modules"))]);
    console.log(`installed: ${mebibytes(own)} of our own, ${mebibytes(all)} with all dependencies`);
    expect(own).toBeLessThan(8 * 2 ** 20);
  });

  test("has a command that says its version and what there is to run", { timeout: 60_000 }, async ({ skip }) => {
    skip(missing !== undefined, missing);
    expect((await npx("assay", "--version")).stdout).toMatch(/^\d+\.\d+\.\d+$/);
    const listed = JSON.parse((await npx("assay", "list", "tasks", "--json")).stdout) as { entries: { name: string }[] };
    expect(listed.entries.map(({ name }) => name)).toEqual(expect.arrayContaining(["basics", "gsm8k", "humaneval"]));
    for (const kind of ["suites", "tools", "sandboxes", "scaffolds", "models", "harnesses"]) {
      const { entries } = JSON.parse((await npx("assay", "list", kind, "--json")).stdout) as { entries: { name: string }[] };
      expect(entries.filter(({ name }) => name.includes("."))).toEqual([]);
      expect(entries.length).toBeGreaterThan(0);
    }
  });

  test("runs built-in tasks: their files are in the package", { timeout: 120_000 }, async ({ skip }) => {
    skip(missing !== undefined, missing);
    expect(await scoresOf("-t", "basics", "-n", "2")).toEqual({ counts: { planned: 2, completed: 2, error: 0 }, accuracy: 1 });
  });

  test(
    "runs a task of the user's own, written in TypeScript, with tools in the embedded sandbox",
    { timeout: 120_000 },
    async ({ skip }) => {
      skip(missing !== undefined, missing);
      expect(await scoresOf("-t", "./sums.ts", "-H", "agent")).toEqual({ counts: { planned: 2, completed: 2, error: 0 }, accuracy: 1 });
    },
  );

  test("lends its sandboxes to one of the user's own", { timeout: 120_000 }, async ({ skip }) => {
    skip(missing !== undefined, missing);
    expect(await scoresOf("-t", "./sums.ts", "-H", "agent", "--sandbox", "./mine.ts", "--new")).toEqual({
      counts: { planned: 2, completed: 2, error: 0 },
      accuracy: 1,
    });
  });

  test("has types that the user's own files are checked with", { timeout: 120_000 }, async ({ skip }) => {
    skip(missing !== undefined, missing);
    // skipLibCheck: types of the AI SDK name a package that they do not bring along.
    const options = ["--noEmit", "--strict", "--skipLibCheck", "--module", "nodenext", "--target", "esnext"];
    const { stdout, exitCode } = await execa(
      process.execPath,
      [join(root, "node_modules/typescript/bin/tsc"), ...options, "sums.ts", "mine.ts"],
      {
        cwd: folder,
        reject: false,
      },
    );
    expect({ stdout, exitCode }).toEqual({ stdout: "", exitCode: 0 });
  });
});

async function scoresOf(...args: string[]) {
  const { stdout } = await npx("assay", "run", "-m", "mock/oracle", ...args, "--json");
  const { runs } = JSON.parse(stdout) as {
    runs: { counts: Record<string, number>; tasks: { metrics: Record<string, { value: number }> }[] }[];
  };
  const { planned, completed, error } = runs[0]?.counts ?? {};
  return { counts: { planned, completed, error }, accuracy: runs[0]?.tasks[0]?.metrics["accuracy"]?.value };
}

async function bytesIn(path: string): Promise<number> {
  const entries = await readdir(path, { withFileTypes: true, recursive: true });
  const sizes = await Promise.all(entries.filter((entry) => entry.isFile()).map((entry) => stat(join(entry.parentPath, entry.name))));
  return sizes.reduce((sum, { size }) => sum + size, 0);
}

function mebibytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(1)} MiB`;
}

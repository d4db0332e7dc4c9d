import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { z } from "zod";
import { rescoredSchema } from "../../src/core/record.ts";
import { project, trialsIn, type Project } from "./project.ts";

/** The embedded sandbox with one file that a snapshot keeps, as a provider of several hosts would do it. */
const KEEPING = `
import { appendFileSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { AssayError, defineSandbox } from "assay";
import embedded from "assay/sandboxes/embedded";
const { IMAGE_IS_AWAY, DISK_FAILS_IN, LOG = "/dev/null" } = process.env;
export default defineSandbox({
  ...embedded,
  name: "keeping",
  takesHosts: true,
  capabilities: { ...embedded.capabilities, canSnapshot: true },
  open: async ({ hosts = [] } = {}) => {
    const backend = await embedded.open();
    let starts = 0;
    const start = async (spec, options) => {
      const host = hosts[starts++ % hosts.length];
      appendFileSync(LOG, options.owner.trialId + " on " + host + "\\n");
      if (DISK_FAILS_IN !== undefined && starts === 1) {
        for (const name of readdirSync(DISK_FAILS_IN)) {
          if (!name.endsWith(".jsonl")) continue;
          rmSync(DISK_FAILS_IN + "/" + name);
          mkdirSync(DISK_FAILS_IN + "/" + name);
        }
      }
      if (options.snapshot && IMAGE_IS_AWAY !== undefined) throw new AssayError("sandbox/snapshot", "The image is away", { hint: "Bring it back." });
      const sandbox = await backend.start(spec, options);
      if (options.snapshot) await sandbox.writeFile("answer", options.snapshot.image);
      const snapshot = async () => ({ kind: "image", image: Buffer.from(await sandbox.readFile("answer")).toString() });
      const applied = { ...sandbox.applied, ...(host !== undefined && { host }) };
      return { ...sandbox, applied, snapshot, [Symbol.asyncDispose]: () => sandbox[Symbol.asyncDispose]() };
    };
    return {
      ...backend,
      start,
      async [Symbol.asyncDispose]() {
        appendFileSync(LOG, "closed\\n");
        await backend[Symbol.asyncDispose]();
      },
    };
  },
});
`;

const TASK = `
import { accuracy, defineTask, verifier, z } from "assay";
export default defineTask({
  name: "kept",
  description: "A file to be left in a sandbox.",
  row: z.object({ id: z.string() }),
  source: () => Array.from({ length: 12 }, (_, n) => ({ id: "n" + n })),
  toInstance: ({ id }) => ({ id, data: {}, reference: { commands: ["printf 18 > answer"] } }),
  format: () => ({ kind: "chat", messages: [{ role: "user", content: "write" }] }),
  scorers: [verifier({ command: "grep -qx 18 answer" })],
  metrics: [accuracy({ score: "verifier" })],
  primaryMetric: "accuracy",
  sandbox: {},
});
`;

const rescoreSchema = z
  .object({ runs: z.tuple([z.object({ file: z.string(), wasFinished: z.boolean(), trials: z.array(rescoredSchema) })]) })
  .transform(({ runs: [run] }) => run);

/** A run of so many trials, by its path. */
async function keptRun(folder: Project, count: number, ...more: string[]): Promise<{ path: string; stdout: string }> {
  const options = ["-H", "bash", "--sandbox", "./keeping.ts", "--keep-snapshot", "-n", String(count)];
  const { stdout } = await folder.assay(["run", "-m", "mock/oracle", "-t", "./task.ts", ...options, ...more]);
  const [id = ""] = await readdir(join(folder.folder, "runs"));
  return { path: join("runs", id), stdout };
}

const logOf = async (path: string): Promise<string[]> => (await readFile(path, "utf8")).trim().split("\n");

test("a trial is scored again on the host where it ran; one whose sandbox cannot start says why, and the same command tries it again", async () => {
  await using folder = await project({ "task.ts": TASK, "keeping.ts": KEEPING });
  const run = await keptRun(folder, 2, "--docker-host", "tcp://one:1", "--docker-host", "tcp://me@two:2");
  const rows = await trialsIn(folder, run);
  expect(rows.map(({ snapshot }) => snapshot)).toEqual(rows.map(() => ({ kind: "image", image: "18" })));
  expect(run.stdout).toContain("kept     2 snapshots in the provider's own store, of unknown size\n");
  const rescore = ["rescore", run.path, "--scorer", "verifier", "--json"];

  const away = await folder.assay(rescore, { IMAGE_IS_AWAY: "yes" });
  expect(away.code).toBe(1);
  expect(away.stderr).toContain("kept/n0/1 was not scored: The image is away. Bring it back. The same command tries it again.\n");

  const LOG = join(folder.folder, "log");
  const again = await folder.assay(rescore, { LOG });
  const { trials, wasFinished, file } = rescoreSchema.parse(JSON.parse(again.stdout));
  expect({ code: again.code, wasFinished, values: trials.map(({ score }) => score.value) }).toEqual({
    code: 0,
    wasFinished: false,
    values: [1, 1],
  });
  const ran = rows.map(({ trialId, host }) => `${trialId} on ${host}`);
  expect((await logOf(LOG)).filter((line) => line !== "closed").toSorted()).toEqual(ran);

  await rm(join(folder.folder, run.path, file));
  await rm(LOG);
  await folder.assay([...rescore, "--docker-host", "tcp://three:3"], { LOG });
  const elsewhere = rows.map(({ trialId }) => `${trialId} on tcp://three:3`);
  expect((await logOf(LOG)).toSorted()).toEqual(["closed", ...elsewhere]);
  expect((await folder.assay(["replay", run.path, "n0"])).stdout).toContain("snapshot: 18 in the provider's own store");
}, 120_000);

test("a disk that fails ends the pass: no sandbox is started any more, and none is in use when its backend closes", async () => {
  await using folder = await project({ "task.ts": TASK, "keeping.ts": KEEPING });
  const run = await keptRun(folder, 12);
  const rescore = ["rescore", run.path, "--scorer", "verifier"];
  // Begun, without a line of any trial.
  await folder.assay(rescore, { IMAGE_IS_AWAY: "yes" });
  const LOG = join(folder.folder, "log");
  const failed = await folder.assay(rescore, { LOG, DISK_FAILS_IN: join(folder.folder, run.path, "scores") });
  expect(failed.code).toBe(1);
  expect(failed.lastLine).toMatch(
    /^assay: scores\/verifier-\w+\.jsonl of the run folder cannot be written: .* then run: assay rescore \S+ --scorer verifier \[run\/disk\]$/,
  );
  const log = await logOf(LOG);
  expect(log.length).toBeLessThan(12);
  expect(log.indexOf("closed")).toBe(log.length - 1);
}, 120_000);

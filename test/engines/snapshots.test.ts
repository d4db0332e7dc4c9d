/** Whole runs whose sandboxes are kept, and scored again. */
import { readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { rescoredSchema } from "../../src/core/record.ts";
import { fieldsOf } from "../../src/store/read-trace.ts";
import { storedRun, type StoredRun } from "../run/stored-run.ts";
import { leftOf, testEngines } from "./engines.ts";

const BIN = fileURLToPath(new URL("../../bin/assay.js", import.meta.url));

/** A right answer, a wrong one, one that deletes and renames the image's files and changes modes, and one too large to keep. */
const TASK = `
import { accuracy, defineScorer, defineTask, verifier, z } from "assay";
const commands = {
  right: ["echo 18 > answer"],
  wrong: ["echo 19 > answer; chmod 600 answer"],
  moved: ["rm -r /etc/apt; mv /etc/issue /etc/moved; chmod 700 /etc/skel; mkdir -p private/deep; echo 18 > private/deep/answer; ln private/deep/answer answer; chmod 750 private; rm given"],
  large: ["echo 18 > answer; truncate -s 3G hole"],
};
const checks = {
  moved: 'test ! -e /etc/apt && test ! -e /etc/issue && test -s /etc/moved && test ! -e given && test answer -ef private/deep/answer && [ "$(stat -c %a /etc/skel private)" = "$(printf "700\\\\n750")" ] && ',
};
/** Changes a copy, and looks whether the trial's own is as it was. */
const forking = defineScorer({
  name: "forking",
  sandbox: "trial",
  async score({ instance, sandbox, freshSandbox }) {
    if (instance.id !== "right") return { value: 1 };
    const copy = await freshSandbox("trial");
    const changed = await copy.exec("cat answer && rm answer && ! ls answer");
    const own = await sandbox.exec("cat answer");
    return { value: String(Buffer.from(changed.stdout)) === "18\\n" && changed.exitCode === 0 && own.exitCode === 0 ? 1 : 0 };
  },
});
export default defineTask({
  name: "kept",
  description: "Files to be left in a sandbox.",
  row: z.object({ id: z.string() }),
  source: () => Object.keys(commands).map((id) => ({ id })),
  toInstance: ({ id }) => ({ id, data: {}, files: { given: "given\\n" }, reference: { commands: commands[id] } }),
  format: () => ({ kind: "chat", messages: [{ role: "user", content: "write" }] }),
  scorers: [forking, verifier({ command: ({ id }) => (checks[id] ?? "") + 'grep -qx 18 answer', modes: "kept" })],
  metrics: [accuracy({ score: "verifier" })],
  primaryMetric: "accuracy",
  sandbox: { user: "root", capabilities: "default", image: "debian:bookworm-slim" },
});
`;

const passSchema = z.object({
  file: z.string(),
  wasFinished: z.boolean(),
  resumed: z.number(),
  counts: z.object({ differing: z.number() }),
  trials: z.array(rescoredSchema),
  failed: z.array(z.object({ reason: z.string(), hint: z.string().optional() })),
});
const rescoreSchema = z.object({ runs: z.tuple([passSchema]) }).transform(({ runs: [pass] }) => pass);

async function assay(run: StoredRun, environment: Record<string, string>, ...args: string[]): Promise<unknown> {
  const cwd = dirname(dirname(run.path));
  const { stdout, stderr } = await execa(process.execPath, [BIN, ...args, "--json"], { cwd, env: environment, reject: false });
  if (stdout === "") throw new Error(stderr);
  return JSON.parse(stdout);
}

for (const engine of await testEngines("docker", "rootful", "rootless")) {
  describe.runIf(engine.isHere)(`snapshots of a run in ${engine.title}`, () => {
    it("scores every kept sandbox again as the run did, keeps little, and says what is not there", { timeout: 400_000 }, async () => {
      const { environment } = engine;
      await using run = await storedRun(
        TASK,
        ["-m", "mock/oracle", "--sandbox", engine.backend, "--keep-snapshot", "-H", "bash"],
        environment,
      );
      const scores = Object.fromEntries(run.rows.map((row) => [row.instanceId, row.scores.find(({ name }) => name === "verifier")?.value]));
      expect(run.rows.flatMap((row) => row.scores).filter(({ name, value }) => name === "forking" && value !== 1)).toEqual([]);
      expect(scores).toEqual({ right: 1, wrong: 0, moved: 1, large: 1 });

      const rescore = () => assay(run, environment, "rescore", run.path, "--scorer", "verifier").then((said) => rescoreSchema.parse(said));
      const again = await rescore();
      const now = Object.fromEntries(again.trials.map(({ trialId, score }) => [trialId.split("/")[1], score.value ?? score.reason]));
      expect(now).toEqual({ right: 1, wrong: 0, moved: 1, large: expect.stringContaining("more than the") });
      expect([again.counts.differing, again.failed]).toEqual([1, []]);

      const kept = run.result.snapshots;
      const { Size: imageBytes } = await engine.client.getImage("debian:bookworm-slim").inspect();
      expect(kept).toMatchObject({ kept: 3, missing: 1 });
      expect(kept?.storedBytes).toBeLessThan(imageBytes / 1000);
      const blobs = await readdir(join(run.path, "blobs"));
      const onDisk = await Promise.all(blobs.map(async (name) => (await stat(join(run.path, "blobs", name))).size));
      expect(onDisk.reduce((sum, size) => sum + size, 0)).toBe(kept?.storedBytes);
      console.log(`${engine.title}: an image of ${imageBytes} bytes, 3 snapshots of ${kept?.bytes}, stored in ${kept?.storedBytes}`);

      const event = (await Array.fromAsync(run.events(run.rows.find(({ instanceId }) => instanceId === "moved")))).findLast(
        ({ type }) => type === "sandbox.snapshot",
      );
      expect(event && fieldsOf(event, "sandbox.snapshot")?.kept).toMatchObject({ deleted: expect.any(Number) });

      const before = await readFile(join(run.path, again.file), "utf8");
      const third = await rescore();
      expect([third.wasFinished, third.trials]).toEqual([true, again.trials]);
      expect(await readFile(join(run.path, again.file), "utf8")).toBe(before);

      // As a killed rescore leaves it: the first lines, and one that is torn.
      const [head = "", first = ""] = before.split("\n");
      await writeFile(join(run.path, again.file), `${head}\n${first}\n{"trialId":"ke`);
      const resumed = await rescore();
      expect([resumed.resumed, resumed.trials.length, resumed.counts.differing]).toEqual([1, 4, 1]);

      const prune = (...args: string[]) => assay(run, environment, "sandbox", "prune", "--snapshots", ...args, dirname(run.path));
      expect(await prune("--older-than", "7d")).toMatchObject({ snapshots: 0, bytes: 0 });
      const all = { snapshots: 3, bytes: kept?.storedBytes };
      expect(await prune("--older-than", "0s", "--dry-run")).toMatchObject({ ...all, isDryRun: true });
      expect(await prune("--older-than", "0s")).toMatchObject({ ...all, isDryRun: false });
      expect(await readdir(join(run.path, "blobs"))).toEqual([]);
      await rm(join(run.path, again.file));
      const removed = await rescore();
      expect(removed.failed.map(({ reason }) => reason)).toEqual(Array(3).fill(expect.stringContaining("was removed")));
      expect(removed.trials).toHaveLength(1);
      expect(await leftOf(engine, run.result.runId)).toEqual([]);
    });
  });
}

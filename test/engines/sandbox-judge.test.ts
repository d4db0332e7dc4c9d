import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { expect, it } from "vitest";
import { fieldsOf } from "../../src/store/read-trace.ts";
import { storedRun } from "../run/stored-run.ts";
import { judgeServer, type Asked } from "../run/judges/judge-server.ts";
import { leftOf, testEngines } from "./engines.ts";

const BIN = fileURLToPath(new URL("../../bin/assay.js", import.meta.url));

const TASK = `
import { accuracy, defineTask, sandboxLook, z } from "assay";
export default defineTask({
  name: "looked",
  description: "A file to be left in a sandbox.",
  row: z.object({ id: z.string() }),
  source: () => [{ id: "done" }, { id: "claimed" }],
  toInstance: ({ id }) => ({ id, data: {}, reference: { commands: [id === "done" ? "printf 18 > answer.txt" : "true"] } }),
  format: () => ({ kind: "chat", messages: [{ role: "user", content: "Write 18 into answer.txt." }] }),
  scorers: [sandboxLook()],
  metrics: [accuracy({ score: "sandbox-look" })],
  primaryMetric: "accuracy",
  sandbox: { image: "debian:bookworm-slim", network: "bridge", needs: ["canSnapshot"] },
});
`;

/** Lists, reads, and decides by what it was shown. */
function look({ messages }: Asked) {
  const shown = messages.filter(({ role }) => role === "tool").map(({ content }) => content ?? "");
  if (shown.length === 0) return { calls: [{ name: "list_files", input: { path: "." } }] };
  if (shown.length === 1 && shown.join().includes("answer.txt")) return { calls: [{ name: "read_file", input: { path: "answer.txt" } }] };
  const isThere = shown.some((text) => /\t18$/m.test(text));
  return { calls: [{ name: "give_verdict", input: { explanation: "I looked.", verdict: isThere ? "pass" : "fail" } }] };
}

for (const engine of await testEngines("docker")) {
  it.runIf(engine.isHere)(
    `a judge looks around in a sealed copy of each trial's sandbox, in the run and long after (${engine.title})`,
    { timeout: 200_000 },
    async () => {
      await using server = await judgeServer(look);
      await using run = await storedRun(
        TASK,
        ["-m", "mock/oracle", "--sandbox", engine.backend, "-H", "bash", "--keep-snapshot", "--judge", server.spec()],
        engine.environment,
      );
      const labels = Object.fromEntries(run.rows.map(({ instanceId, scores }) => [instanceId, scores[0]?.label ?? scores[0]?.reason]));
      expect(labels).toEqual({ done: "pass", claimed: "fail" });
      const events = await Array.fromAsync(run.events(run.rows[0]));
      const starts = events.flatMap((event) => fieldsOf(event, "sandbox.start") ?? []).filter(({ phase }) => phase === "ready");
      expect(starts.map(({ applied }) => applied?.["network"])).toEqual(["bridge", "none"]);

      const asked = server.requests.length;
      const words = ["rescore", run.path, "--scorer", "sandbox-look", "--replicates", "2", "--json"];
      const { stdout } = await execa(process.execPath, [BIN, ...words], { cwd: dirname(dirname(run.path)), env: engine.environment });
      expect(JSON.parse(stdout)).toMatchObject({ runs: [{ counts: { scored: 2, unscored: 0, differing: 0 } }] });
      // The first replicates were on disk.
      expect(server.requests.length).toBeLessThanOrEqual(asked * 2);
      expect(await leftOf(engine, run.result.runId)).toEqual([]);
    },
  );
}

import { expect, test } from "vitest";
import { runAssay } from "./run-assay.ts";

const TASK = `
import { accuracy, defineTask, exactMatch, verifier, z } from "assay";
export default defineTask({
  name: "one",
  description: "One trial.",
  source: () => [{}],
  row: z.object({}),
  toInstance: () => ({ id: "only", data: {}, reference: { commands: ["echo 18 > answer"] } }),
  format: () => ({ kind: "chat", messages: [{ role: "user", content: "write" }] }),
  scorers: [verifier({ command: "grep -qx 18 answer" }), exactMatch({ expected: () => "done" })],
  metrics: [accuracy({ score: "verifier" })],
  primaryMetric: "accuracy",
  sandbox: {},
});
`;
const RUN = ["run", "-m", "mock/oracle", "-t", "./task.ts", "-H", "bash"];

test("--keep-snapshot is refused where the sandbox cannot keep one, before a run is made", async () => {
  const { code, stderr, files } = await runAssay({ "task.ts": TASK }, [...RUN, "--keep-snapshot"]);
  expect({ code, stderr, files: Object.keys(files) }).toEqual({
    code: 2,
    stderr:
      "assay: --keep-snapshot needs a sandbox that keeps a final state that another sandbox can start from (canSnapshot), " +
      "which embedded does not. Choose one that does: --sandbox docker or --sandbox modal or --sandbox podman. [config/unsupported]\n",
    files: ["task.ts"],
  });
});

test("--keep-snapshot is refused for a task with services, of which a snapshot would hold nothing", async () => {
  const task = TASK.replace("sandbox: {}", 'sandbox: { compose: "compose.yaml" }');
  const { code, stderr, files } = await runAssay({ "task.ts": task }, [...RUN, "--sandbox", "docker", "--keep-snapshot"]);
  expect({ code, stderr, files: Object.keys(files) }).toEqual({
    code: 2,
    stderr:
      "assay: --keep-snapshot needs snapshots, which hold nothing of the services that task one has. " +
      "Leave that out for this task: it is scored in its own sandbox, beside its own services. [config/unsupported]\n",
    files: ["task.ts"],
  });
});

test("a trial without a snapshot is unscored with that reason; a scorer that needs no sandbox scores it", async () => {
  const { files, code } = await runAssay({ "task.ts": TASK }, RUN);
  expect(code).toBe(0);
  const run =
    Object.keys(files)
      .find((path) => path.endsWith("/run.json"))
      ?.slice(0, -"/run.json".length) ?? "";
  const rescored = await runAssay(files, ["rescore", run, "--scorer", "verifier", "--json"]);
  expect(JSON.parse(rescored.stdout)).toMatchObject({
    schema: "assay/rescore@1",
    runs: [
      {
        counts: { scored: 0, unscored: 1, differing: 1 },
        trials: [{ before: 1, score: { value: null, reason: "The trial has no snapshot: the run was made without --keep-snapshot." } }],
      },
    ],
  });
  const refusal = async (scorer: string) => (await runAssay(files, ["rescore", run, "--scorer", scorer])).stderr;
  expect(await refusal("verifer")).toContain("no task of the run has such a scorer, and there is no such judge. Did you mean verifier?");
  // A scorer of texts needs nothing but the answer.
  const text = await runAssay(files, ["rescore", run, "--scorer", "exact", "--json"]);
  expect(JSON.parse(text.stdout)).toMatchObject({ runs: [{ counts: { scored: 1, unscored: 0, differing: 0 } }] });
});

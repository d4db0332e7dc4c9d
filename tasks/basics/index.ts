/** Agent tasks of our own, of rising difficulty: each works in every sandbox that has a shell and Python. */
import { z } from "zod";
import { accuracy, defineTask, overEpochs } from "../../src/index.ts";
import { readInstances, type BasicsData, type BasicsRow } from "./instances.ts";
import { observeThenCheck } from "./verifier.ts";

const WORKDIR = "/workspace";

export default defineTask<BasicsRow, BasicsData>({
  name: "basics",
  description: "Small engineering jobs in a sandbox: fix, convert, parse, recover, speed up; verified by running hidden checks.",
  source: readInstances,
  row: z.custom<BasicsRow>((row) => typeof row === "object" && row !== null),
  toInstance: (row) => ({
    id: row.id,
    data: row.data,
    files: row.files,
    ...(row.setup === undefined ? {} : { setup: row.setup }),
    reference: { commands: row.commands, answer: "Done." },
  }),
  format: (instance) => ({
    kind: "chat",
    messages: [
      {
        role: "user",
        content: `${instance.data.instruction}\n\nYour work folder is ${WORKDIR}; the files named above are there. Only python3 (standard library) and common shell commands are installed, and there is no network. Say so when you are done.`,
      },
    ],
  }),
  harness: "agent",
  // Compiled files of an earlier version may hide an edit made within the same second.
  sandbox: { workdir: WORKDIR, env: { PYTHONDONTWRITEBYTECODE: "1" }, needs: ["hasPython"] },
  scorers: [observeThenCheck],
  metrics: [accuracy({ score: "verifier" }), ...overEpochs({ score: "verifier" })],
  primaryMetric: "accuracy",
});

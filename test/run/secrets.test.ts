import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { completion, standIn } from "../models/stand-in.ts";
import { countingTask, eventsOf, ofType, onlyRun, project, trialsIn } from "./project.ts";

const KEY = "sk-test-5f0c9e7ab2d84e11";

test("a key that the model and a command both say is in no file of the run and on no terminal", async () => {
  const said = { command: `echo ${KEY}; echo ${KEY} >&2` };
  await using server = await standIn([
    { status: 500, body: `no luck with ${KEY}` },
    { body: completion(`I will print ${KEY}`, [{ id: "c1", name: "bash", arguments: JSON.stringify(said) }]) },
    { body: completion(null, [{ id: KEY, name: KEY, arguments: `{"${KEY}": "${KEY}` }]) },
    { body: completion(`The key is ${KEY}.`) },
  ]);
  await using folder = await project({ "task.ts": countingTask({ count: 1, instance: `files: { "key.txt": ${JSON.stringify(KEY)} },` }) });
  const args = ["run", "-m", "openai-compatible/local", "-t", "./task.ts", "-H", "agent", "--json", "-o", `provider.baseURL=${server.url}`];
  const finished = await folder.assay(args, { OPENAI_COMPATIBLE_API_KEY: KEY });
  const run = onlyRun(finished);

  expect(server.received[0]?.headers.authorization).toBe(`Bearer ${KEY}`);
  // The model itself hears what the command printed, as it would without a recorder.
  expect(server.received[2]?.body).toContain(KEY);
  const [row] = await trialsIn(folder, run);
  expect(row).toMatchObject({ status: "completed", output: expect.stringMatching(/^The key is .+\.$/) });
  expect(row && ofType(await eventsOf(folder, run, row), "trial.end")[0]?.totalRedactions).toBeGreaterThan(5);

  const path = join(folder.folder, run.path);
  const files = (await readdir(path, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
  expect(files.length).toBeGreaterThan(3);
  const holding: string[] = [];
  for (const { parentPath, name } of files)
    if (name.includes(KEY) || (await readFile(join(parentPath, name))).includes(KEY)) holding.push(name);
  expect(holding).toEqual([]);
  expect(finished.stdout + finished.stderr).not.toContain(KEY);
});

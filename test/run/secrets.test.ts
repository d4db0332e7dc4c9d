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

  expect(await filesWith(join(folder.folder, run.path), KEY)).toEqual([]);
  expect(finished.stdout + finished.stderr).not.toContain(KEY);
});

const ADDRESS = "postgres://user:pw-7d1c@db.example.org/data";
const secretTask = countingTask({ count: 1, more: 'sandbox: { secrets: ["DATABASE_ADDRESS"] },' });

test("a variable that a task gives its sandbox is there for commands, and in no file of the run", async () => {
  await using server = await standIn([
    { body: completion(null, [{ id: "c1", name: "bash", arguments: JSON.stringify({ command: 'echo "$DATABASE_ADDRESS"; env' }) }]) },
    { body: completion("1") },
  ]);
  await using folder = await project({ "task.ts": secretTask });
  const args = ["run", "-m", "openai-compatible/local", "-t", "./task.ts", "-H", "agent", "--json", "-o", `provider.baseURL=${server.url}`];
  const finished = await folder.assay(args, { DATABASE_ADDRESS: ADDRESS });
  const [row] = await trialsIn(folder, onlyRun(finished));
  expect(row).toMatchObject({ status: "completed", output: "1" });
  expect(server.received[1]?.body).toContain(ADDRESS);
  expect(await filesWith(folder.folder, ADDRESS)).toEqual([]);
  expect(await filesWith(folder.folder, "DATABASE_ADDRESS")).toContain("run.json");
});

test.for([
  ["is not set", {}],
  ["has fewer than 8 characters", { DATABASE_ADDRESS: "short" }],
] as const)("a task whose variable %s is refused before anything is made", async ([reason, environment]) => {
  await using folder = await project({ "task.ts": secretTask });
  const finished = await folder.assay(["run", "-m", "mock/oracle", "-t", "./task.ts", "-H", "agent"], environment);
  expect(finished.code).toBe(2);
  expect(finished.stderr).toContain(`gives its sandbox the environment variable DATABASE_ADDRESS, which ${reason}`);
  expect(await readdir(folder.folder)).toEqual(["task.ts"]);
});

async function filesWith(path: string, text: string): Promise<string[]> {
  const files = (await readdir(path, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
  expect(files.length).toBeGreaterThan(3);
  const holding: string[] = [];
  for (const { parentPath, name } of files)
    if (name.includes(text) || (await readFile(join(parentPath, name))).includes(text)) holding.push(name);
  return holding;
}

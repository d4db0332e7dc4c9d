/** A run of the real program with a model that takes its time, as its trace tells it. */
import { join } from "node:path";
import type { TraceEvent } from "../../../src/core/trace.ts";
import { type Answer, completion, standIn } from "../../models/stand-in.ts";
import { countingTask, eventsOf, onlyRun, project, trialsIn } from "../project.ts";

/** Time to look at the files while the model thinks. */
const THINKING_MS = 1_500;

export interface ToldRun {
  events: TraceEvent[];
  /** What `assay replay` prints of it. */
  replayed: string;
}

/** One trial whose model asks for these commands, a turn each, then submits. */
export async function runOf(commands: readonly string[], sandbox: string, ...options: string[]): Promise<ToldRun> {
  return runIn({}, commands, sandbox, ...options);
}

/** With more files in the user's folder. */
export async function runIn(
  files: Record<string, string>,
  commands: readonly string[],
  sandbox: string,
  ...options: string[]
): Promise<ToldRun> {
  const asking = commands.map((command): Answer => ({
    delayMs: THINKING_MS,
    body: completion(null, [{ id: "c1", name: "bash", arguments: JSON.stringify({ command }) }]),
  }));
  const submitting: Answer = { delayMs: THINKING_MS, body: completion(null, [{ id: "c9", name: "submit", arguments: '{"answer":"1"}' }]) };
  await using server = await standIn([...asking, submitting]);
  const task = countingTask({
    count: 1,
    instance: 'files: { "src/a.py": "one\\ntwo\\n" },',
    more: "",
  }).replace("sandbox: {}", 'sandbox: { watch: ["/tmp/watched"] }');
  await using folder = await project({ "task.ts": task, ...files });
  const overrides = [`provider.baseURL=${server.url}`, ...options].flatMap((option) => ["-o", option]);
  const args = ["run", "-m", "openai-compatible/local", "-t", "./task.ts", "-H", "agent", "--sandbox", sandbox, "--json", ...overrides];
  const run = onlyRun(await folder.assay(args));
  const [row] = await trialsIn(folder, run);
  if (!row) throw new Error("no trial");
  const { stdout } = await folder.assay(["replay", join(folder.folder, run.path), "n1"]);
  return { events: await eventsOf(folder, run, row), replayed: stdout };
}

/** Types of events, those of captures with what they say. */
export function orderOf(events: readonly TraceEvent[]): string[] {
  return events
    .filter(({ type }) => ["model.request", "model.response", "tool.call", "tool.result", "sandbox.files", "score.given"].includes(type))
    .map((event) =>
      event.type === "sandbox.files" ? `${event.type} ${String(event["phase"])} ${JSON.stringify(event["calls"] ?? null)}` : event.type,
    );
}

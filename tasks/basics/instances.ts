/** Reads the instances of basics: one folder each, with everything that belongs to it. */
import { readFileSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { AssayError, type FileContent } from "../../src/index.ts";

const aboutSchema = z.strictObject({
  title: z.string().min(1),
  /** From 1 (a few commands) to 5 (design and care). */
  difficulty: z.number().int().min(1).max(5),
  category: z.enum(["data", "debugging", "algorithms", "programs", "formats", "refactoring", "operations"]),
});

type About = z.output<typeof aboutSchema>;

/** What basics keeps of an instance for rendering and grading. */
export interface BasicsData extends About {
  instruction: string;
  /** Runs the agent's work and writes down what it does. Absent where the work is data, not a program. */
  observe?: { language: "python" | "shell"; text: string };
  /** Python; judges the work folder and what was observed. */
  check: string;
}

export interface BasicsRow {
  id: string;
  data: BasicsData;
  files: Record<string, FileContent>;
  setup?: string;
  /** The reference solution, one shell command a step. */
  commands: string[];
}

/** Every instance under `instances/`, easiest first, then by name. */
export function readInstances(): BasicsRow[] {
  const root = fileURLToPath(new URL("instances", import.meta.url));
  const folders = readdirSync(root, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const rows = folders.map((entry) => readInstance(join(root, entry.name), entry.name));
  return rows.sort((a, b) => a.data.difficulty - b.data.difficulty || (a.id < b.id ? -1 : 1));
}

function readInstance(folder: string, id: string): BasicsRow {
  const about = aboutSchema.safeParse(JSON.parse(readText(folder, "about.json", id)));
  if (!about.success) throw new AssayError("config/invalid", `basics/${id}/about.json: ${z.prettifyError(about.error)}`);
  const python = readOptional(folder, "verify/observe.py");
  const shell = readOptional(folder, "verify/observe.sh");
  const setup = readOptional(folder, "setup.sh");
  return {
    id,
    data: {
      ...about.data,
      instruction: readText(folder, "instruction.md", id).trim(),
      ...(python === undefined ? {} : { observe: { language: "python" as const, text: python } }),
      ...(shell === undefined ? {} : { observe: { language: "shell" as const, text: shell } }),
      check: readText(folder, "verify/check.py", id),
    },
    files: readFiles(join(folder, "files")),
    ...(setup === undefined ? {} : { setup }),
    commands: splitSteps(readText(folder, "solution.sh", id)),
  };
}

/** The steps of a solution: each begins with a line `#: what it does`. */
function splitSteps(script: string): string[] {
  return script
    .split(/^#: .*\n/m)
    .map((step) => step.trim())
    .filter((step) => step !== "");
}

function readFiles(root: string): Record<string, FileContent> {
  if (!statSync(root, { throwIfNoEntry: false })?.isDirectory()) return {};
  const entries = readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = entries.map((entry) => join(entry.parentPath, entry.name)).sort();
  return Object.fromEntries(paths.map((path) => [path.slice(root.length + 1), contentOf(readFileSync(path))]));
}

function contentOf(bytes: Buffer): FileContent {
  const text = bytes.toString("utf8");
  return Buffer.from(text, "utf8").equals(bytes) ? text : { base64: bytes.toString("base64") };
}

function readText(folder: string, name: string, id: string): string {
  const text = readOptional(folder, name);
  if (text === undefined) throw new AssayError("config/invalid", `basics/${id} has no ${name}.`);
  return text;
}

function readOptional(folder: string, name: string): string | undefined {
  const path = join(folder, name);
  return statSync(path, { throwIfNoEntry: false })?.isFile() ? readFileSync(path, "utf8") : undefined;
}

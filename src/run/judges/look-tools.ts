/**
 * The tools of a judge that looks into a sandbox. They only read: what they run is fixed here, and what the judge says is an argument of
 * it, never part of a shell's text. Every output is bounded, however large, endless or strange the files are.
 */
import { isUtf8 } from "node:buffer";
import { posix } from "node:path";
import { z } from "zod";
import { defineTool, type AnyTool, type ToolContext, type ToolOutput } from "../../core/tool.ts";
import type { ExecResult } from "../../core/sandbox.ts";

const MAX_ENTRIES = 400;
const MAX_MATCHES = 100;
const MAX_MATCH_CHARACTERS = 300;
const MAX_READ_LINES = 400;
const MAX_READ_BYTES = 64 * 1024;
const MAX_OUTPUT_BYTES = 1024 * 1024;

const path = z.string().min(1).describe("Absolute, or relative to the work folder.");

const listFiles = defineTool({
  name: "list_files",
  description: "List what is in a folder and in the folders below it, hidden entries included; folders end in a slash.",
  input: z.object({
    path: path.default("."),
    depth: z.number().int().min(1).max(8).default(2).describe("How many levels down."),
  }),
  async execute(input, context) {
    // With the slash a link to a folder is followed. An absolute path is never an option of find's.
    const folder = `${absolute(input.path, context).replace(/\/+$/, "")}/`;
    const find = (...type: string[]) =>
      run(context, ["find", folder, "-mindepth", "1", "-maxdepth", String(input.depth), ...type, "-print0"]);
    const [folders, others] = [await find("-type", "d"), await find("!", "-type", "d")];
    const names = [...namesIn(folders).map((name) => `${name}/`), ...namesIn(others)].sort();
    const failure = [folders, others].find(({ exitCode, timedOut }) => exitCode !== 0 || timedOut);
    const isCut = folders.truncated || others.truncated;
    const notes = [
      names.length === 0 && !failure && "(nothing)",
      names.length > MAX_ENTRIES && `[${isCut ? "more than " : ""}${names.length - MAX_ENTRIES} more entries: list a folder below]`,
      failure && `[${reasonOf(failure, "not all of it could be listed")}]`,
    ];
    const text = [
      `${folder}, ${input.depth} levels:`,
      ...names.slice(0, MAX_ENTRIES).map(oneLine),
      ...notes.filter((note) => typeof note === "string"),
    ];
    return { text: text.join("\n"), ...(failure && names.length === 0 && { failure: "failed" as const }) };
  },
});

/** Neither a named pipe nor a device is opened, and no more is read than is asked for, also of a file that is one endless line. */
const READ = `
[ -e "$1" ] || { echo "there is no such file" >&2; exit 1; }
[ -f "$1" ] || { echo "it is no regular file" >&2; exit 1; }
[ -r "$1" ] || { echo "permission denied" >&2; exit 1; }
wc -lc < "$1"
tail -n "+$2" "$1" | head -n "$3" | head -c "$4"`;

const readFile = defineTool({
  name: "read_file",
  description: `Read lines of a text file, numbered. At most ${MAX_READ_LINES} lines and ${MAX_READ_BYTES / 1024} KiB at a time: read on with first_line.`,
  input: z.object({
    path,
    first_line: z.number().int().min(1).default(1),
    lines: z.number().int().min(1).max(MAX_READ_LINES).default(200),
  }),
  async execute(input, context) {
    const file = absolute(input.path, context);
    const limits = [input.first_line, input.lines, MAX_READ_BYTES + 1].map(String);
    const result = await run(context, ["sh", "-c", READ, "sh", file, ...limits]);
    const printed = Buffer.from(result.stdout);
    const headEnd = printed.indexOf("\n") + 1;
    const [lines = "", bytes = ""] = printed.toString("utf8", 0, headEnd).trim().split(/\s+/);
    if (result.exitCode !== 0 || result.timedOut || !/^\d+$/.test(bytes))
      return failed(`${file}: ${reasonOf(result, "it could not be read")}.`);
    const content = printed.subarray(headEnd, headEnd + MAX_READ_BYTES);
    if (content.includes(0)) return failed(`${file} is not a text file (${bytes} bytes).`);
    const notes = [
      `${file}: ${lines} line breaks, ${bytes} bytes`,
      ...(isUtf8(content) ? [] : ["bytes that are not UTF-8 are shown as \uFFFD"]),
      ...(printed.length - headEnd > MAX_READ_BYTES ? [`cut after ${MAX_READ_BYTES} bytes`] : []),
    ];
    return { text: `[${notes.join("; ")}]\n${numberedLines(content.toString("utf8"), input.first_line)}` };
  },
});

/** Neither named pipes nor devices nor links below the folder; hidden files, too. With a second file grep says the name of each. */
const SEARCH = `
[ -e "$3" ] || { echo "there is no such file or folder" >&2; exit 1; }
find "$(readlink -f -- "$3")" -type f -exec grep "$1" -e "$2" -- /dev/null {} +`;

const search = defineTool({
  name: "search",
  description: `Search text files below a folder, or one file, for a text or an extended regular expression; shows file, line number and line, at most ${MAX_MATCHES}.`,
  input: z.object({
    pattern: z.string().min(1).describe("One line."),
    path: path.default("."),
    kind: z.enum(["text", "regex"]).default("text"),
  }),
  async execute(input, context) {
    const place = absolute(input.path, context);
    const result = await run(context, ["sh", "-c", SEARCH, "sh", input.kind === "text" ? "-nF" : "-nE", oneLine(input.pattern), place]);
    const found = text(result)
      .split("\n")
      .filter((line) => line !== "");
    const shown = found
      .slice(0, MAX_MATCHES)
      .map((line) => (line.length > MAX_MATCH_CHARACTERS ? `${line.slice(0, MAX_MATCH_CHARACTERS)} […]` : line));
    // The exit status does not tell: it is 1 as well where some of the files have no match.
    const hasFailed = result.stderr.length > 0 || result.timedOut;
    if (hasFailed && found.length === 0) return failed(`${place}: ${reasonOf(result, "it could not be searched")}.`);
    const notes = [
      found.length === 0 && "(no match)",
      (found.length > MAX_MATCHES || result.truncated) && "[more matches: search a folder below, or for a longer text]",
      hasFailed && `[${reasonOf(result, "not all of it could be searched")}]`,
    ];
    return { text: [...shown, ...notes.filter((note) => typeof note === "string")].join("\n") };
  },
});

export const LOOK_TOOLS: readonly AnyTool[] = [listFiles, readFile, search];

function absolute(given: string, { sandbox }: ToolContext): string {
  return posix.resolve(sandbox.workdir, given);
}

function run({ sandbox, signal, commandTimeoutMs }: ToolContext, command: readonly string[]): Promise<ExecResult> {
  return sandbox.exec(command, { timeoutMs: commandTimeoutMs, maxOutputBytes: MAX_OUTPUT_BYTES, signal });
}

function failed(said: string): ToolOutput {
  return { text: said, failure: "failed" };
}

function reasonOf(result: ExecResult, otherwise: string): string {
  if (result.timedOut) return "it took too long";
  return Buffer.from(result.stderr).toString("utf8").trim().split("\n").at(-1)?.slice(0, MAX_MATCH_CHARACTERS) || otherwise;
}

function text({ stdout }: ExecResult): string {
  return Buffer.from(stdout).toString("utf8");
}

/** A name that was cut off has no end. */
function namesIn(result: ExecResult): string[] {
  return text(result).split("\0").slice(0, -1);
}

/** A name or a pattern with a line break in it must not look like two. */
function oneLine(name: string): string {
  return name.replaceAll("\n", "\\n");
}

function numberedLines(content: string, first: number): string {
  if (content === "") return "(no lines here)";
  return content
    .replace(/\n$/, "")
    .split("\n")
    .map((line, index) => `${first + index}\t${line}`)
    .join("\n");
}

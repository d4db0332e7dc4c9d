/** Views and edits text files of the sandbox. */
import { posix } from "node:path";
import { z } from "zod";
import { defineTool, sha256, type Sandbox, type ToolContext, type ToolOutput } from "../src/index.ts";
import { insertLines, numberedView, replaceOnce, snippet, type Edit } from "./text_editor/edits.ts";
import { decodeText, encodeText, inspectPath, listFolder, refusalOf, type FileText, type PathState } from "./text_editor/text-file.ts";

const UNDO_DEPTH = 20;

// The parameters' names are those that models know from the editors they were trained with.
const inputSchema = z.object({
  command: z.enum(["view", "create", "str_replace", "insert", "undo"]),
  path: z.string().min(1).describe("The file, or for view also a folder; absolute, or relative to the work folder."),
  view_range: z
    .array(z.number().int())
    .length(2)
    .optional()
    .describe("For view of a file: [first, last] line, from 1; a last of -1 is the end of the file."),
  file_text: z.string().optional().describe("For create: the whole content of the file."),
  old_str: z
    .string()
    .optional()
    .describe("For str_replace: the text to replace, exactly as in the file, white space included; it must occur once."),
  new_str: z.string().optional().describe("For str_replace: the text to put in its place; left out, old_str is deleted."),
  insert_line: z
    .number()
    .int()
    .min(0)
    .optional()
    .describe("For insert: the line after which the text goes; 0 is the beginning of the file."),
  insert_text: z.string().optional().describe("For insert: the text, one or more whole lines."),
});

type Input = z.output<typeof inputSchema>;

export default defineTool({
  name: "text_editor",
  description: `View, create and edit text files in the sandbox.
view shows a file with line numbers (part of it with view_range), or what is in a folder. create writes a whole file, replacing one that exists. str_replace replaces text that occurs exactly once: give enough surrounding lines to make it unique. insert adds lines after a line. undo takes back the last edit made to that file with this tool.`,
  input: inputSchema,
  async execute(input, context): Promise<ToolOutput> {
    const path = posix.resolve(context.sandbox.workdir, input.path);
    const missing = REQUIRED[input.command].find((name) => input[name] === undefined);
    if (missing) return { failure: "invalid-input", text: `The command ${input.command} needs ${missing}.` };
    const state = await inspectPath(context.sandbox, path, context.signal);
    const use = input.command === "view" || input.command === "create" ? input.command : "edit";
    const refusal = refusalOf(state, path, use);
    return refusal ?? COMMANDS[input.command]({ input, path, state, context, sandbox: context.sandbox });
  },
});

const REQUIRED: Record<Input["command"], readonly (keyof Input)[]> = {
  view: [],
  create: ["file_text"],
  str_replace: ["old_str"],
  insert: ["insert_line", "insert_text"],
  undo: [],
};

interface Call {
  input: Input;
  /** As the model is told it; `state.path` is where the links lead. */
  path: string;
  state: PathState;
  context: ToolContext;
  sandbox: Sandbox;
}

const COMMANDS: Record<Input["command"], (call: Call) => Promise<ToolOutput>> = {
  async view({ input, path, state, context, sandbox }) {
    if (state.kind === "directory") return listFolder(sandbox, path, context.signal);
    const file = decodeText(await sandbox.readFile(state.path));
    return file ? numberedView(file.text, path, input.view_range) : notText(path);
  },
  async create(call) {
    const before = call.state.kind === "file" ? await call.sandbox.readFile(call.state.path) : undefined;
    await write(call, before, Buffer.from(call.input.file_text ?? "", "utf8"));
    return { text: `${call.path} was ${before ? "overwritten" : "created"}.` };
  },
  str_replace: (call) =>
    edit(call, (file) => replaceOnce(file.text, fitted(call.input.old_str, file), fitted(call.input.new_str, file), call.path)),
  insert: (call) =>
    edit(call, (file) => insertLines(file.text, call.input.insert_line ?? 0, fitted(call.input.insert_text, file), call.path)),
  undo,
};

async function edit(call: Call, change: (file: FileText) => Edit): Promise<ToolOutput> {
  const before = await call.sandbox.readFile(call.state.path);
  const file = decodeText(before);
  if (!file) return notText(call.path);
  const edited = change(file);
  if ("refusal" in edited) return edited.refusal;
  await write(call, before, encodeText({ ...file, text: edited.text }));
  return { text: `${call.path} was edited. Around the change:\n${snippet(edited.text, edited.firstLine, edited.lastLine)}` };
}

/** One edit that can be taken back: what the file was (undefined: there was none), and what the edit made of it. */
interface Change {
  before: Uint8Array | undefined;
  afterSha256: string;
}

async function write(call: Call, before: Uint8Array | undefined, after: Uint8Array): Promise<void> {
  await call.sandbox.writeFile(call.state.path, after, modeOf(call.state));
  const changes = await changesOf(call);
  changes.push({ before, afterSha256: sha256(after) });
  if (changes.length > UNDO_DEPTH) changes.shift();
}

async function undo(call: Call): Promise<ToolOutput> {
  const { sandbox, state, path, context } = call;
  const changes = await changesOf(call);
  const last = changes.at(-1);
  if (!last) return { failure: "failed", text: `There is no edit of ${path} to take back.` };
  if (sha256(await sandbox.readFile(state.path)) !== last.afterSha256) {
    return {
      failure: "failed",
      text: `${path} was changed by something else since its last edit with this tool; undo would lose that, so nothing was done.`,
    };
  }
  changes.pop();
  if (last.before) {
    await sandbox.writeFile(state.path, last.before, modeOf(state));
    return { text: `The last edit of ${path} was taken back.` };
  }
  const removed = await sandbox.exec(["rm", "-f", "--", state.path], { signal: context.signal });
  return removed.exitCode === 0
    ? { text: `${path} was removed: the edit that was taken back had created it.` }
    : { failure: "failed", text: `${path} could not be removed.` };
}

async function changesOf({ context, state }: Call): Promise<Change[]> {
  const byPath = await context.state(() => new Map<string, Change[]>());
  const changes = byPath.get(state.path) ?? [];
  byPath.set(state.path, changes);
  return changes;
}

function modeOf(state: PathState): { mode?: number } {
  return state.mode === "" ? {} : { mode: Number.parseInt(state.mode, 8) };
}

function notText(path: string): ToolOutput {
  return { failure: "failed", text: `${path} is not a UTF-8 text file; look at it with a command instead.` };
}

/** Text that the model wrote, with the line ends that the edited text has in memory. */
function fitted(text = "", file: FileText): string {
  return file.lineEnd === "\r\n" ? text.replaceAll("\r\n", "\n") : text;
}

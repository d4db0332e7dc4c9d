/** The python3 command: CPython in WebAssembly as just-bash ships it, with exact output, arguments, imports and exit codes. */
import { defineCommand, type CustomCommand } from "just-bash";
import type { JournaledFileSystem, Stream } from "./file-system.ts";
import { toLatin1, toPrinted, type RawOutput } from "./output.ts";
import { PYTHON_RUNNER } from "./python-runner.ts";

/** What is run: one of the ways in which python3 can be called. */
interface Program {
  kind: "code" | "module" | "file" | "stdin";
  /** The code, module or path; `sys.argv[0]` is made from it. */
  source: string;
  argv: string[];
  isUnbuffered: boolean;
}

/** Flags without a value that change nothing here, save `u`. */
const FLAGS = /^-[bBdEIiOPqsSuvx]+$/;

/** `getRaw` gives the store for output of the running command that is not UTF-8. */
export function pythonCommands(files: JournaledFileSystem, getRaw: () => RawOutput | undefined): CustomCommand[] {
  let calls = 0;
  return ["python3", "python"].map((name) =>
    defineCommand(name, async (args, context) => {
      const program = parseArguments(args);
      if (!program || !context.origCommand) return context.origCommand?.(args) ?? { stdout: "", stderr: "", exitCode: 127 };
      const paths = { stdout: `/dev/assay-python-${++calls}-1`, stderr: `/dev/assay-python-${calls}-2` };
      const streams = { stdout: collect(files, paths.stdout), stderr: collect(files, paths.stderr) };
      try {
        const setup = { ...program, paths, environment: { ...context.exportedEnv }, cwd: context.cwd };
        const encoded = Buffer.from(JSON.stringify(setup)).toString("base64");
        const result = await context.origCommand(["-c", PYTHON_RUNNER.replace("@SETUP@", encoded)]);
        const raw = getRaw() ?? { stdout: [], stderr: [] };
        const stdout = streams.stdout();
        const out = toPrinted(stdout, raw.stdout);
        const err = toPrinted(streams.stderr(), raw.stderr);
        return {
          stdout: (out.isRaw ? out.text : toLatin1(stdout)) + result.stdout,
          stdoutKind: "bytes",
          stderr: err.text + result.stderr,
          exitCode: result.exitCode,
        };
      } finally {
        for (const path of Object.values(paths)) files.streams.delete(path);
      }
    }),
  );
}

/** Collects what is written to a path; returns the reader. */
function collect(files: JournaledFileSystem, path: string): () => Uint8Array {
  const pieces: Uint8Array[] = [];
  const stream: Stream = { content: new Uint8Array(), write: (bytes) => void (bytes.length > 0 && pieces.push(bytes)) };
  files.streams.set(path, stream);
  return () => new Uint8Array(Buffer.concat(pieces));
}

/** Undefined where just-bash's own command should answer: help, version, options we do not know. */
function parseArguments(args: readonly string[]): Program | undefined {
  let isUnbuffered = false;
  for (let index = 0; index < args.length; index++) {
    const argument = args[index] ?? "";
    const rest = args.slice(index + 1);
    if (FLAGS.test(argument)) isUnbuffered ||= argument.includes("u");
    else if (/^-[WX]$/.test(argument)) index++;
    else if (/^-[WX]./.test(argument)) continue;
    else if (argument === "-c" || argument === "-m") {
      const [source, ...argv] = rest;
      if (source === undefined) return undefined;
      return { kind: argument === "-c" ? "code" : "module", source, argv, isUnbuffered };
    } else if (argument === "-") return { kind: "stdin", source: "-", argv: rest, isUnbuffered };
    else if (argument === "--") return { kind: "file", source: rest[0] ?? "", argv: rest.slice(1), isUnbuffered };
    else if (argument.startsWith("-")) return undefined;
    else return { kind: "file", source: argument, argv: rest, isUnbuffered };
  }
  return { kind: "stdin", source: "", argv: [], isUnbuffered };
}

/** The command line: one file a command, each loading the engine only when it is run. */
import { Command, CommanderError, Option } from "commander";
import { AssayError } from "../core/errors.ts";
import { reportError } from "./report-error.ts";

const COMMANDS = ["run", "list", "inspect", "replay", "sandbox", "doctor", "config"] as const;

/** Runs one command line and sets the process's exit code; never throws. */
export async function main(words: readonly string[]): Promise<void> {
  const isDebug = words.includes("--debug");
  leaveQuietlyWhenNobodyReads();
  try {
    const program = await buildProgram(words);
    await program.parseAsync([...words], { from: "user" });
  } catch (error) {
    if (error instanceof CommanderError) {
      process.exitCode = error.exitCode === 0 ? 0 : 2;
      return;
    }
    process.exitCode = reportError(error, isDebug);
  }
}

async function buildProgram(words: readonly string[]): Promise<Command> {
  const program = new Command("assay")
    .description("Runs language models through benchmark tasks in sandboxes, and keeps a full trace of everything.")
    .addOption(new Option("--debug", "print stack traces"))
    .option("-V, --version", "print the version")
    .showSuggestionAfterError()
    .exitOverride()
    .configureOutput({
      outputError: (text, write) =>
        write(
          `${text
            .replace(/^error: /, "assay: ")
            .trim()
            .replace(/\s*\n\((.*)\)$/, ". $1")
            .replaceAll(/\s*\n\s*/g, " ")}\n`,
        ),
    })
    .addHelpText(
      "after",
      "\nExamples:\n  assay run -m mock/oracle -t basics\n  assay run -m openai-compatible/my-model -t gsm8k -n 100\n  assay list tasks\n\nExit codes: 0 done, 1 done but trials ended in error, 2 bad usage or configuration, 130 interrupted.",
    );
  program.allowExcessArguments().action(async (options: { version?: boolean }) => {
    const [stray] = program.args;
    if (stray !== undefined) {
      const { nameHint } = await import("../core/nearest.ts");
      throw new AssayError("usage/unknown-name", `There is no command ${JSON.stringify(stray)}.`, { hint: nameHint(stray, COMMANDS) });
    }
    if (!options.version) return program.help();
    const { assayVersion } = await import("../run/versions.ts");
    process.stdout.write(`${await assayVersion()}\n`);
  });
  // Only the command that was asked for is loaded whole; --help shows the others' names and descriptions.
  const wanted = words.find((word) => !word.startsWith("-"));
  for (const name of COMMANDS) {
    const { default: build } = (await import(`./${name}${import.meta.url.endsWith(".ts") ? ".ts" : ".js"}`)) as { default: () => Command };
    const command = build();
    command.exitOverride().copyInheritedSettings(program);
    program.addCommand(command, { hidden: false });
    if (name === wanted) command.addOption(new Option("--debug", "print stack traces"));
  }
  return program;
}

/** `assay list tasks | head -1` is no failure: the reader has seen enough. */
function leaveQuietlyWhenNobodyReads(): void {
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit();
    throw error;
  });
  // A terminal that was closed: what it would have shown is in the run folder.
  process.stderr.on("error", () => {});
}

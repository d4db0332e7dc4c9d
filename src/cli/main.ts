/** The command line: finds the command that is asked for, which loads the engine only when it is run. */
import { Command, CommanderError, Option } from "commander";
import { AssayError } from "../core/errors.ts";
import { commandNames, outlineOf, wholeCommand } from "./command-files.ts";
import { reportError } from "./report-error.ts";

/** Runs one command line and sets the process's exit code; never throws. */
export async function main(words: readonly string[]): Promise<void> {
  const isDebug = words.includes("--debug");
  leaveQuietlyWhenNobodyReads();
  const names = await commandNames();
  const first = words.find((word) => !word.startsWith("-"));
  const wanted = names.find((name) => name === first);
  try {
    const program = buildProgram(names);
    if (wanted !== undefined) program.addCommand(ready(await wholeCommand(wanted), program));
    else for (const name of names) program.addCommand(ready(await outlineOf(name), program));
    await program.parseAsync([...words], { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) process.exitCode = reportError(error, { isDebug });
    else if (HELP_CODES.has(error.code)) process.exitCode = error.exitCode === 0 ? 0 : 2;
    else {
      const { usageError } = await import("./usage-error.ts");
      process.exitCode = reportError(usageError(error, wanted === undefined ? "assay" : `assay ${wanted}`), { isDebug });
    }
  }
}

/** Help was printed, and nothing else is to be said. */
const HELP_CODES = new Set(["commander.help", "commander.helpDisplayed"]);

function buildProgram(names: readonly string[]): Command {
  const program = new Command("assay");
  return (
    program
      .description("Runs language models through benchmark tasks in sandboxes, and keeps a full trace of everything.")
      .addOption(debugOption())
      .option("-V, --version", "print the version")
      .showSuggestionAfterError()
      .exitOverride()
      // Errors are printed where they are caught.
      .configureOutput({ outputError: () => undefined })
      .configureHelp({ subcommandTerm: (command) => `${command.name()} ${command.usage()}` })
      .addHelpText(
        "after",
        "\nExamples:\n  assay run -m mock/oracle -t basics\n  assay run -m openai-compatible/my-model -t gsm8k -n 100\n  assay list tasks\n\nExit codes: 0 done, 1 done but trials ended in error, 2 bad usage or configuration, 130 interrupted.",
      )
      .allowExcessArguments()
      .action(async (options: { version?: boolean }) => {
        const [stray] = program.args;
        if (stray !== undefined) {
          const { nameHint } = await import("../core/nearest.ts");
          throw new AssayError("usage/unknown-name", `There is no command ${JSON.stringify(stray)}.`, { hint: nameHint(stray, names) });
        }
        if (!options.version) return program.help();
        const { assayVersion } = await import("../run/assay-version.ts");
        process.stdout.write(`${await assayVersion()}\n`);
      })
  );
}

const debugOption = () => new Option("--debug", "print stack traces");

/** A command and its own commands speak as the program does. */
function ready(command: Command, parent: Command): Command {
  command.copyInheritedSettings(parent).allowExcessArguments(false);
  if (command.commands.length === 0) command.addOption(debugOption());
  for (const child of command.commands) ready(child, command);
  return command;
}

/** `assay list tasks | head -1` is no failure: the reader has seen enough. */
function leaveQuietlyWhenNobodyReads(): void {
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit();
    // A terminal that was closed: what it would have shown is in the run folder, and a run is being stopped.
    if (error.code === "EIO") return;
    process.stderr.write(`assay: what it prints cannot be written: ${error.code}. Make room where the output goes.\n`);
    process.exit(1);
  });
  process.stderr.on("error", () => {});
}

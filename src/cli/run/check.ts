/** `assay run --check`: is the task itself sound? */
import { checkTasks, type CheckedTask, type CheckFailure, type CheckReport } from "../../run/check.ts";
import type { RunFlags } from "./flags.ts";
import { EXIT_INTERRUPTED, interruptSignal } from "./interrupt.ts";
import { runOptionsOf } from "./options.ts";
import { createProgress } from "./progress/create.ts";
import type { Progress } from "./progress/progress.ts";
import { renderLine, styled, type Line } from "../terminal/line.ts";
import { countOf } from "../terminal/quantities.ts";
import { jsonLine } from "../terminal/json-line.ts";

const DEFAULT_REPEAT = 3;

/** Returns the exit code: 0 where every task is sound, else 1. */
export async function checkFromFlags(flags: RunFlags): Promise<number> {
  // The players are always the mock models; -m plays no part.
  const options = runOptionsOf({ ...flags, model: "mock/oracle" });
  let progress: Progress = createProgress();
  using interrupt = interruptSignal((text) => progress.line(text));
  const report = await checkTasks({
    options,
    harnesses: flags.harness,
    repeat: flags.repeat ?? DEFAULT_REPEAT,
    signal: interrupt.signal,
    onStart: (status) => {
      progress = createProgress();
      progress.start(status);
      return progress;
    },
    onTrial: (row, status) => progress.trial(row, status),
    onProgress: (line) => progress.line(line),
  }).catch((error: unknown) => {
    if (interrupt.signal.aborted) return undefined;
    throw error;
  });
  if (!report) return EXIT_INTERRUPTED;
  const { stdout } = process;
  if (flags.json) stdout.write(jsonLine({ schema: "assay/check@1", ...report }));
  else for (const line of reportLines(report)) stdout.write(`${renderLine(line, stdout)}\n`);
  return report.isOk ? 0 : 1;
}

function reportLines({ tasks, repeat, keptIn }: CheckReport): Line[] {
  const [first] = tasks.flatMap((task) => task.failures);
  return [
    ...tasks.flatMap((task) => taskLines(task, repeat)),
    ...(keptIn !== null ? [[styled("kept     ", "dim"), keptIn]] : []),
    ...(first ? [[styled("look at  ", "dim"), `assay replay ${first.runPath} ${first.trialId}`]] : []),
  ];
}

function taskLines({ task, harness, instances, failures }: CheckedTask, repeat: number): Line[] {
  const name = `${task} under ${harness}`;
  const tried = repeat === 1 ? "tried once" : `each tried ${repeat} times`;
  if (failures.length === 0)
    return [[styled("ok", "green"), `    ${name}: oracle 1 and noop 0 on ${countOf(instances, "instance")}, ${tried}`]];
  const failing = new Set(failures.map((failure) => failure.instanceId)).size;
  return [[styled("FAIL", "red"), `  ${name}: ${failing} of ${countOf(instances, "instance")}, ${tried}`], ...failures.map(failureLine)];
}

function failureLine({ instanceId, player, passed, tried, why }: CheckFailure): Line {
  const isFlaky = passed > 0;
  return [`        ${instanceId}  `, styled(`${player} ${passed}/${tried}`, "bold"), `${isFlaky ? ": flaky" : ""}  `, styled(why, "dim")];
}

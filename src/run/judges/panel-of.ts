/** Which models judge: named on the command line, by the harness, or by the judge itself; opened once, however many scorers ask them. */
import { AssayError } from "../../core/errors.ts";
import type { Judge } from "../../core/judge.ts";
import { rulesOf, type JudgingChanges } from "../../core/judging.ts";
import { sharedFamily } from "../../scoring/judging/family.ts";
import { checkPanel } from "../../scoring/judging/panel.ts";
import { openJudge, type OpenedJudge } from "./opened-judge.ts";
import { parseJudgeSpec } from "./judge-spec.ts";

/** `--judge none`: what judges would score stays unscored, for `assay rescore` to do later. */
export const NO_JUDGE = "none";

export interface OpenedJudges extends AsyncDisposable {
  /** Empty where `--judge none` was given. */
  of(judge: Judge): readonly OpenedJudge[];
  readonly all: readonly OpenedJudge[];
}

/** The specs of a judge's panel. Throws `config/unsupported` where nobody names any. */
export function panelOf(judge: Judge, named: readonly string[]): readonly string[] {
  const specs = named.length > 0 ? named : (judge.judges ?? []);
  if (specs.length > 1 && specs.includes(NO_JUDGE)) {
    throw new AssayError("usage/bad-option", `--judge ${NO_JUDGE} stands beside other judges.`, {
      hint: `Leave ${NO_JUDGE} or the others out.`,
    });
  }
  if (specs.length > 0) return specs.filter((spec) => spec !== NO_JUDGE);
  throw noneNamed(judge, `; or --judge ${NO_JUDGE}, and score later with assay rescore`);
}

/** `otherwise` is what else could be done. */
export function noneNamed({ name }: Judge, otherwise = ""): AssayError {
  return new AssayError("config/unsupported", `The scorer ${name} asks a model to judge, and none is named.`, {
    hint: `Name one: --judge openai/gpt-5-mini, several for a panel${otherwise}.`,
  });
}

/** Makes no network call. `named` replaces what judges name themselves. Throws where a panel cannot be as its rules want it. */
export async function openJudges(judges: readonly Judge[], named: readonly string[], rules: JudgingChanges = {}): Promise<OpenedJudges> {
  const byText = new Map<string, OpenedJudge>();
  await using scope = new AsyncDisposableStack();
  for (const judge of judges) {
    const ids = new Set<string>();
    for (const text of panelOf(judge, named)) {
      const { id } = parseJudgeSpec(text);
      if (ids.has(id)) throw twice(text);
      ids.add(id);
      if (!byText.has(text)) byText.set(text, scope.use(await openJudge(text)));
    }
    checkPanel(rulesOf(judge, rules).panel, [...ids]);
  }
  const opened = scope.move();
  return {
    all: [...byText.values()],
    of(judge) {
      return panelOf(judge, named).map((text) => {
        const opened = byText.get(text);
        if (opened) return opened;
        throw new AssayError("config/invalid", `A scorer asks the judge ${judge.name} without saying so beforehand.`, {
          hint: "Set the scorer's `judge` to it, so that its models are opened before the run.",
        });
      });
    },
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

/** Its votes would be one vote, counted twice. */
function twice(text: string): AssayError {
  return new AssayError("usage/bad-option", `--judge ${text}: the same judge is named twice.`, {
    hint: "To ask one judge several times: --replicates N of assay rescore, or -o judging.replicates=N.",
  });
}

/** Judges that are of the judged model's family, in words; a judge is kinder to its own kind (arXiv 2410.21819). */
export function familyWarnings(judges: readonly string[], model: string): string[] {
  return judges.flatMap((judge) => {
    const family = sharedFamily(judge, model);
    return family === null ? [] : [`Judge ${judge} and the model ${model} are of one family (${family}): it may be kind to its own.`];
  });
}

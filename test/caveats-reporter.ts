/** Says at the end of a test run what was not tested here, and why, and what passed late, so that a green run does not claim more than it did. */
import type { UserConsoleLog } from "vitest";
import type { Reporter, TestCase, TestModule } from "vitest/node";

const MARK = "SKIPPED: ";
const MAX_NAMES = 4;

export default class CaveatsReporter implements Reporter {
  /** Reasons that test files printed; a file that skips all of its tests has no test to note it on. */
  readonly #printed = new Set<string>();

  onUserConsoleLog({ content }: UserConsoleLog): void {
    for (const line of content.split("\n")) if (line.startsWith(MARK)) this.#printed.add(line.slice(MARK.length));
  }

  onTestRunEnd(modules: readonly TestModule[]): void {
    const skipped = modules.flatMap(skippedOf);
    const late = modules.flatMap(lateOf);
    if (skipped.length > 0) {
      console.log(["Not tested here:", ...skipped, ...[...this.#printed].map((reason) => `  Why: ${reason}`), ""].join("\n"));
    }
    if (late.length > 0) console.log(["Passed at a second attempt only:", ...late, ""].join("\n"));
  }
}

function skippedOf(module: TestModule): string[] {
  const skipped = [...module.children.allTests("skipped")];
  if (skipped.length === 0) return [];
  const reasons = reasonsOf(skipped);
  const count = `${skipped.length} ${skipped.length === 1 ? "test" : "tests"}`;
  return [`  ${module.relativeModuleId}: ${count}${reasons.length > 0 ? ` (${reasons.join("; ")})` : ""}`];
}

function lateOf(module: TestModule): string[] {
  const late = [...module.children.allTests("passed")].filter((test) => test.diagnostic()?.flaky === true);
  return late.map((test) => `  ${module.relativeModuleId}: ${test.fullName}`);
}

/** What the tests were skipped with; without it the names of a few, which say what they need. */
function reasonsOf(skipped: readonly TestCase[]): string[] {
  const notes = skipped.map((test) => {
    const result = test.result();
    return result.state === "skipped" ? result.note : undefined;
  });
  const known = [...new Set(notes.filter((note) => note !== undefined))];
  return known.length > 0 || skipped.length > MAX_NAMES ? known : skipped.map(({ name }) => name);
}

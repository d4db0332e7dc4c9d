/** The property that holds on every backend: what the captures say, applied step by step, is what is there. */
import fc from "fast-check";
import { expect } from "vitest";
import type { Sandbox } from "../../../src/core/sandbox.ts";
import { Expected, operation, ROOT } from "./random-changes.ts";
import { applyTo, captureRig } from "./rig.ts";

export async function expectCapturesToTell(sandbox: Sandbox, numRuns: number): Promise<void> {
  const steps = fc.array(fc.array(operation, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 5 });
  await fc.assert(
    fc.asyncProperty(steps, async (planned) => {
      await sandbox.exec(`rm -rf ${ROOT}/*`);
      await using rig = await captureRig(sandbox);
      const expected = new Expected();
      const told = new Map<string, string>();
      for (const [index, operations] of planned.entries()) {
        await rig.captures.toolBegins(index + 1);
        const commands = operations.flatMap((each) => expected.apply(each) ?? []);
        const result = await sandbox.exec(["true", ...commands].join(" && "));
        expect(Buffer.from(result.stderr).toString()).toBe("");
        const event = await rig.step(index + 1);
        applyTo(told, event);
        expect(sorted(told)).toEqual([...expected.states()]);
        // a step that did nothing is told to have done nothing.
        if (commands.length === 0) expect(event.changes).toEqual([]);
      }
      const end = await rig.finish();
      expect(end.changes?.filter(({ path }) => path.startsWith(`${ROOT}/`))).toEqual([]);
    }),
    { numRuns },
  );
}

function sorted(states: Map<string, string>): [string, string][] {
  return [...states].toSorted(([a], [b]) => (a < b ? -1 : 1));
}

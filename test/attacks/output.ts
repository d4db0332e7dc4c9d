/** Output without end or meaning: what is kept stays bounded, what is counted stays true. */
import { expect, it } from "vitest";
import { beside, text, type AttackContext } from "./context.ts";

const KEPT_BYTES = 1_000_000;
/** What this process may hold more than before, with everything that a garbage collector has not yet taken. */
const MAX_GROWTH_BYTES = 400_000_000;

export function outputAttacks(context: AttackContext): void {
  const { shared, capabilities } = context;

  it.for([
    ["on stdout", "yes"],
    ["on stderr", "yes >&2"],
    ["of random bytes on both", "cat /dev/urandom & cat /dev/urandom >&2"],
    ["without a line end", "tr '\\0' x </dev/zero"],
    ["of one byte a write", "python3 -uc 'while True: print(end=\"x\")'"],
  ] as const)("endless output %s is cut, counted and ended by its time", async ([, command]) => {
    if (!capabilities.hasProcesses) return;
    const before = process.memoryUsage().rss;
    const result = await beside(context, () => shared().exec(command, { timeoutMs: 1_500, maxOutputBytes: KEPT_BYTES }));
    expect(result.timedOut).toBe(true);
    expect(result.durationMs).toBeLessThan(20_000);
    expect(result.stdout.length + result.stderr.length).toBeLessThanOrEqual(KEPT_BYTES);
    expect(result.truncated).toBe(result.droppedBytes > 0);
    expect(process.memoryUsage().rss - before).toBeLessThan(MAX_GROWTH_BYTES);
    expect(text((await shared().exec("echo next")).stdout)).toBe("next\n");
  });

  it("endless output of a process left in the background reaches no later command's result", async () => {
    if (!capabilities.hasProcesses) return;
    const first = await shared().exec("yes background & echo $!");
    const pid = /^(\d+)$/m.exec(text(first.stdout))?.[1];
    for (let round = 0; round < 3; round += 1) expect(text((await shared().exec(`echo ${round}`)).stdout)).toBe(`${round}\n`);
    await shared().exec(`kill -9 ${pid}`);
  });
}

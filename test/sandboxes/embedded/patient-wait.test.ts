import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { describe, expect, it } from "vitest";

const patientWait = new URL("../../../sandboxes/embedded/patient-wait.ts", import.meta.url);

/** What a wait for the first number of `memory` to be other than 1 ends with, and the number it then is. */
function waiter(memory: Int32Array, timeoutMs?: number): Promise<unknown[]> {
  const program = `
    import { parentPort, workerData } from "node:worker_threads";
    const outcome = Atomics.wait(workerData.memory, 0, 1, workerData.timeoutMs);
    parentPort.postMessage([outcome, Atomics.load(workerData.memory, 0)]);`;
  const source = new URL(`data:text/javascript,${encodeURIComponent(program)}`);
  const worker = new Worker(source, { workerData: { memory, timeoutMs }, execArgv: ["--import", patientWait.href] });
  return once(worker, "message").then(([message]) => message as unknown[]);
}

async function wake(memory: Int32Array): Promise<void> {
  while (Atomics.notify(memory, 0) === 0) await sleep(1);
}

describe("a wait that is woken with nothing changed", () => {
  it("goes on until the number changes", async () => {
    const memory = new Int32Array(new SharedArrayBuffer(4)).fill(1);
    const waited = waiter(memory);
    await wake(memory);
    await wake(memory);
    Atomics.store(memory, 0, 2);
    Atomics.notify(memory, 0);
    expect(await waited).toEqual(["ok", 2]);
  });

  it("goes on until its own time is over", async () => {
    const memory = new Int32Array(new SharedArrayBuffer(4)).fill(1);
    const waited = waiter(memory, 500);
    await wake(memory);
    expect(await waited).toEqual(["timed-out", 1]);
  });

  it("does not begin where the number is another already", async () => {
    expect(await waiter(new Int32Array(new SharedArrayBuffer(4)).fill(3))).toEqual(["not-equal", 3]);
  });
});

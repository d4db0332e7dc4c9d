/** Whatever asks a run to stop, its containers go with it. */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { countingTask, project, type Project, type Started } from "../run/project.ts";
import { testEngines, leftOf, type TestEngine } from "./engines.ts";

const TASK = countingTask({ count: 4, instance: 'reference: { commands: ["sleep 600"], answer: String(n) },' });
const START = ["run", "-m", "mock/oracle", "-t", "./task.ts", "-H", "agent", "--sandbox", "docker", "--concurrency", "4"];
const PATIENCE_MS = 60_000;

/** The program in its own process, with DOCKER_HOST where the tests have one. */
const environment = { ...(process.env["DOCKER_HOST"] && { DOCKER_HOST: process.env["DOCKER_HOST"] }) };

/** Waits until each of the run's four trials is in the middle of its command; returns the run's id. */
async function isWorking(engine: TestEngine, { folder }: Project): Promise<string> {
  for (let waitedMs = 0; waitedMs < PATIENCE_MS; waitedMs += 100) {
    const [runId] = await readdir(join(folder, "runs")).catch(() => []);
    const running = runId === undefined ? [] : await engine.client.listContainers({ filters: { label: [`assay.run=${runId}`] } });
    const tops = await Promise.all(running.map(({ Id }) => engine.client.getContainer(Id).top()));
    if (runId !== undefined && tops.filter(({ Processes }) => JSON.stringify(Processes).includes("sleep 600")).length === 4) return runId;
    await sleep(100);
  }
  throw new Error("the trials did not begin their commands");
}

/** Resolves with what the program has said when it has said this. */
async function hasSaid({ child }: Started, words: string): Promise<void> {
  let said = "";
  for await (const text of child.stderr.iterator({ destroyOnReturn: false })) if ((said += String(text)).includes(words)) return;
  throw new Error(`it never said ${words}`);
}

for (const engine of await testEngines("docker"))
  describe.runIf(engine.isHere)("a run in docker that is asked to stop", () => {
    it.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)("by %s leaves no container and no volume, within seconds", async (signal) => {
      await using folder = await project({ "task.ts": TASK });
      const started = folder.start(START, environment);
      const runId = await isWorking(engine, folder);
      expect((await leftOf(engine, runId)).length).toBeGreaterThanOrEqual(12);
      const askedAt = performance.now();
      started.child.kill(signal);
      const { code, stderr } = await started.finished;
      expect(performance.now() - askedAt).toBeLessThan(20_000);
      expect(code).toBe(130);
      expect(stderr).toContain("Stopping: running trials are cancelled and cleaned up.");
      expect(await leftOf(engine, runId)).toEqual([]);
    });

    it("by a second Ctrl-C leaves at once, says what removes the sandboxes, and that does", async () => {
      await using folder = await project({ "task.ts": TASK });
      const started = folder.start(START, environment);
      const runId = await isWorking(engine, folder);
      const isStopping = hasSaid(started, "Stopping:");
      started.child.kill("SIGINT");
      await isStopping;
      const askedAt = performance.now();
      started.child.kill("SIGINT");
      const { code, lastLine } = await started.finished;
      expect(performance.now() - askedAt).toBeLessThan(5_000);
      expect(code).toBe(130);
      expect(lastLine).toBe("Left at once. To remove sandboxes that were left behind: assay sandbox prune");
      expect((await folder.assay(["sandbox", "prune"], environment)).code).toBe(0);
      expect(await leftOf(engine, runId)).toEqual([]);
    });
  });

/**
 * Looks at the engine's process from inside, without product code: `node --import ./bench/probe.process.ts bin/assay.js …`.
 * At the end it writes the event loop's delay, the memory and the open files over time, and the CPU time to the file that BENCH_PROBE names.
 */
import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { isMainThread } from "node:worker_threads";

const MEMORY_EVERY_MS = 50;
const FILES_EVERY_MS = 1000;
const OPEN_FILES = "/proc/self/fd";
/** The first second is start-up: modules are loaded and the plan is made, and nobody waits for an answer yet. */
const RESOLUTION_MS = 1;

const path = process.env["BENCH_PROBE"];
if (isMainThread && path !== undefined) watch(path);

function watch(path: string): void {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delay.enable();
  const memory: [number, number][] = [];
  const timer = setInterval(() => void memory.push([Date.now(), process.memoryUsage.rss()]), MEMORY_EVERY_MS);
  timer.unref();
  const openFiles: [number, number][] = [];
  const count = () => void openFiles.push([Date.now(), readdirSync(OPEN_FILES).length]);
  if (existsSync(OPEN_FILES)) setInterval(count, FILES_EVERY_MS).unref();
  process.on("exit", () => {
    delay.disable();
    const { user, system } = process.cpuUsage();
    const toMs = (nanoseconds: number) => nanoseconds / 1e6 - RESOLUTION_MS;
    const report = {
      delayMs: {
        p50: toMs(delay.percentile(50)),
        p99: toMs(delay.percentile(99)),
        p999: toMs(delay.percentile(99.9)),
        max: toMs(delay.max),
      },
      cpuMs: (user + system) / 1000,
      memory,
      openFiles,
    };
    writeFileSync(path, JSON.stringify(report));
  });
}

/**
 * Waits until a service is healthy, by its test.
 *
 * The test is run here and not by the engine: Podman's own tests need systemd, Docker's go on for as long as the container
 * lives, and neither is sooner than the interval, which is half a minute where nobody says otherwise.
 */
import { AssayError } from "../../../src/index.ts";
import { runByEngine } from "../commands/direct-exec.ts";
import { oneLine } from "../engine/engine.ts";
import { pause } from "../stop.ts";
import type { HealthCheck } from "./compose/schema.ts";
import { serviceState, type ServiceContainer } from "./service-container.ts";

const FIRST_PAUSE_MS = 100;
const PAUSE_FACTOR = 1.5;
const OUTPUT_BYTES = 64 * 1024;

/** Resolves with how long after its start it was. Throws `sandbox/failed` where it ends, or is not within its time. */
export async function waitUntilHealthy(running: ServiceContainer, check: HealthCheck, signal: AbortSignal): Promise<number> {
  // When compose would give up at the latest, apart from what the tests take themselves.
  const untilMs = check.startPeriodMs + check.retries * check.intervalMs;
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs *= PAUSE_FACTOR) {
    const said = await test(running, check, signal);
    const elapsedMs = performance.now() - running.startedAt;
    if (said === undefined) return elapsedMs;
    signal.throwIfAborted();
    const { exitCode } = await serviceState(running);
    if (exitCode !== null) throw serviceFailed(running, `ended with exit code ${exitCode} before it was healthy.`);
    if (elapsedMs > untilMs) throw serviceFailed(running, `was not healthy within ${Math.round(untilMs / 1000)} s; its test ${said}.`);
    await pause(Math.min(pauseMs, check.intervalMs), [signal]);
    signal.throwIfAborted();
  }
}

/** Undefined where it passed, else how it failed. */
async function test({ container }: ServiceContainer, { argv, timeoutMs }: HealthCheck, signal: AbortSignal): Promise<string | undefined> {
  try {
    const result = await runByEngine(container, {
      argv,
      user: "",
      cwd: "",
      timeoutMs,
      maxOutputBytes: OUTPUT_BYTES,
      signal,
      // Nothing in a service's image is known that could; it ends with the container at the latest.
      kill: async () => {},
    });
    if (result.timedOut) return `did not end within ${timeoutMs / 1000} s`;
    if (result.exitCode === 0) return undefined;
    const printed = endOf(Buffer.concat([result.stdout, result.stderr]).toString("utf8"));
    return `ended with exit code ${result.exitCode}${printed === "" ? "" : ` and said: ${printed}`}`;
  } catch (error) {
    signal.throwIfAborted();
    return `could not be run: ${oneLine(error)}`;
  }
}

const SAID_CHARACTERS = 200;
const LOG_LINES = 5;

/** What is printed last is what explains. */
function endOf(text: string): string {
  return oneLine(text.trimEnd().slice(-SAID_CHARACTERS));
}

/** In one line, with the end of what it printed. */
export function serviceFailed({ service, log }: Pick<ServiceContainer, "service" | "log">, what: string): AssayError {
  const lines = log.lastLines(LOG_LINES).map(endOf);
  const tail = lines.length === 0 ? "It printed nothing." : `Its log ends: ${lines.join(" | ")}`;
  return new AssayError("sandbox/failed", `Service ${service.name} ${what} ${tail}`, {
    hint: "Correct the service or its healthcheck (test, interval, retries, start_period) in the compose file.",
  });
}

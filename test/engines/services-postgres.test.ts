/** A task with PostgreSQL beside its sandbox, as a user has it: a compose file, an agent that uses the database, a trace that tells of it. */
import { cp, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { GenericContainer } from "testcontainers";
import { beforeAll, describe, expect, test } from "vitest";
import { readContentText } from "../../src/store/content.ts";
import { fieldsOf } from "../../src/store/read-trace.ts";
import { oneTrialTask, storedRun } from "../run/stored-run.ts";
import { leftOf, testEngines } from "./engines.ts";

const BIN = fileURLToPath(new URL("../../bin/assay.js", import.meta.url));
const POSTGRES = fileURLToPath(new URL("../fixtures/images/postgres", import.meta.url));
const IMAGE = "assay-test-postgres:1";

const composeFile = (database: string, base: string): string => `
services:
  main:
    build: { context: agent, args: { BASE: "${base}" } }
    environment: { PGHOST: db, PGUSER: postgres }
    depends_on:
      db: { condition: service_healthy }
  db:
    ${database}
    healthcheck:
      test: ["CMD", "pg_isready", "-h", "127.0.0.1"]
      interval: 1s
      retries: 60
`;

/** A task's folder, with its compose file and what the agent's image is built from. */
async function projectWith(compose: string): Promise<{ path: string } & AsyncDisposable> {
  const path = await mkdtemp(join(tmpdir(), "assay-services-"));
  await cp(POSTGRES, join(path, "postgres"), { recursive: true });
  await cp(POSTGRES, join(path, "agent"), { recursive: true });
  await writeFile(join(path, "agent", "Dockerfile"), "ARG BASE\nFROM $BASE\n");
  await writeFile(join(path, "compose.yaml"), compose);
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

const COMMANDS = [
  "psql -c 'create table numbers (value integer)' -c 'insert into numbers values (40), (2)'",
  "psql --tuples-only --no-align -c 'select sum(value) from numbers' | tee answer.txt",
];

for (const engine of await testEngines("docker"))
  describe.runIf(engine.isHere)(`PostgreSQL beside a sandbox: ${engine.title}`, () => {
    beforeAll(async () => {
      process.env["TESTCONTAINERS_RYUK_DISABLED"] = "true";
      await GenericContainer.fromDockerfile(POSTGRES).build(IMAGE, { deleteOnExit: false });
    });

    test("starts healthy, is used by the agent, has its log in the trace, and is gone after", async () => {
      await using project = await projectWith(composeFile(`image: ${IMAGE}`, IMAGE));
      const task = oneTrialTask(`reference: { commands: ${JSON.stringify(COMMANDS)}, answer: "42" },`).replace(
        "sandbox: {}",
        `sandbox: { compose: ${JSON.stringify(join(project.path, "compose.yaml"))} }`,
      );
      await using run = await storedRun(task, ["-m", "mock/oracle", "-H", "agent", "--sandbox", engine.backend], engine.environment);
      expect(run.result.counts).toMatchObject({ completed: 1, error: 0 });
      const events = await Array.fromAsync(run.events());
      const commands = events.flatMap((event) => fieldsOf(event, "sandbox.exec") ?? []).filter(({ phase }) => phase === "tool");
      expect(commands.map(({ exitCode }) => exitCode)).toEqual([0, 0]);
      expect(commands.at(-1)?.stdout).toBe("42\n");
      const [service, ...others] = events.flatMap((event) => fieldsOf(event, "sandbox.service") ?? []);
      if (!service) throw new Error("the trace tells of no service");
      expect(others).toEqual([]);
      expect(service).toMatchObject({ name: "db", healthyMs: expect.any(Number), exitCode: null, droppedBytes: 0 });
      expect(await readContentText(run.path, service.stderr)).toContain("database system is ready to accept connections");
      expect(await leftOf(engine, run.result.runId)).toEqual([]);
      const replay = await execa(process.execPath, [BIN, "replay", run.path, run.rows[0]?.trialId ?? "", "--speed", "1000"], {
        reject: false,
      });
      expect(replay.stdout).toMatch(/service db {2}started in .* · healthy after .* of log/);
    });
  });

import fc from "fast-check";
import { expect, test } from "vitest";
import { stringify } from "yaml";
import { parseComposeFile } from "../../../../sandboxes/container/services/compose/compose-file.ts";

const MAIN = "services:\n  main:\n    image: one\n";

function refusal(text: string): string {
  try {
    parseComposeFile(text, "compose.yaml");
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  throw new Error("nothing was refused");
}

test("a file's services, with what each waits for, says and is told", () => {
  const file = parseComposeFile(
    `
x-shared: &shared { TZ: UTC }
services:
  db:
    build: { context: db, dockerfile: pg.Dockerfile, args: [VERSION=15], target: server }
    environment: { <<: *shared, PORT: 5432, PRICE: 5$$ }
    command: postgres -c 'shared_buffers = 1MB'
    healthcheck: { test: pg_isready, interval: 1m30s, start_period: 500ms, retries: 2 }
    networks: [back]
    expose: [5432]
  default:
    image: one
    depends_on: { db: { condition: service_healthy } }
    networks: { back: , default: }
networks: { back: { internal: true } }
`,
    "tasks/compose.yaml",
  );
  expect(file.main).toMatchObject({ name: "default", image: "one", dependsOn: { db: "service_healthy" }, networks: ["back", "default"] });
  expect(file.networks).toEqual([
    { name: "back", isInternal: true },
    { name: "default", isInternal: false },
  ]);
  expect(file.services).toEqual([
    {
      name: "db",
      image: undefined,
      build: { context: "tasks/db", dockerfile: "pg.Dockerfile", args: { VERSION: "15" }, target: "server" },
      environment: { TZ: "UTC", PORT: "5432", PRICE: "5$" },
      command: ["postgres", "-c", "shared_buffers = 1MB"],
      entrypoint: undefined,
      dependsOn: {},
      healthcheck: { argv: ["/bin/sh", "-c", "pg_isready"], intervalMs: 90_000, timeoutMs: 30_000, retries: 2, startPeriodMs: 500 },
      networks: ["back"],
    },
  ]);
});

test.each([
  [
    "    volumes: [./data:/data]",
    "compose.yaml:4: services.main.volumes is not supported: no file or device of the host gets into a sandbox, and what a service writes ends with its trial.",
  ],
  [
    "    secrets: [token]",
    "compose.yaml:4: services.main.secrets is not supported: variables of the host reach the agent alone, by the task's sandbox.secrets, and no service.",
  ],
  ["    shm_size: 1g", "compose.yaml:4: services.main.shm_size is not supported: docs/sandboxes.md#services lists what is."],
  [
    "    environment: { KEY: '${API_KEY}' }",
    "compose.yaml:4: services.main.environment.KEY has ${API_KEY}, which compose would fill in: variables of the host reach the agent alone, by the task's sandbox.secrets, and no service; write $$ for a dollar sign.",
  ],
  [
    "    environment: [API_KEY]",
    "compose.yaml:4: services.main.environment.0 has a variable without a value, which compose would take from the host: write NAME=value.",
  ],
  ["    command: echo 'open", "compose.yaml:4: services.main.command is empty or has a quote that is not closed."],
  ["    depends_on: [db]", "compose.yaml:4: services.main.depends_on names db, which is no service of the file."],
  ["    networks: [back]", "compose.yaml:4: services.main.networks names back, which is not under the file's networks."],
  [
    "    healthcheck: { test: [CMD, 'true'] }",
    "compose.yaml:4: services.main.healthcheck is not supported: nothing waits for the agent's own service.",
  ],
  ["  __proto__: { image: two }", "compose.yaml:4: __proto__ is no name for anything."],
  ["  localhost: { image: two }", "compose.yaml:4: services.localhost is no name for a service: it means another machine already."],
  ["  10.0.0.1: { image: two }", "compose.yaml:4: services.10.0.0.1 is no name for a service: it means another machine already."],
  ["  db: {}", "compose.yaml:4: services.db has neither an image nor a build."],
  ["  db: { image: two, build: . }", "compose.yaml:4: services.db names both an image and a build: keep one."],
  ["  db: { image: two, healthcheck: { test: [CMD], interval: 10 } }", "compose.yaml:4: services.db.healthcheck.interval must be a text."],
  [
    "  db: { image: two, healthcheck: { interval: 10s } }",
    'compose.yaml:4: services.db.healthcheck has no test: write test: ["CMD", program, …], ["CMD-SHELL", command], a command as text, or ["NONE"].',
  ],
  [
    "  db: { image: two, healthcheck: { test: a, interval: soon } }",
    "compose.yaml:4: services.db.healthcheck.interval is no duration: write 500ms, 10s or 1m30s.",
  ],
  [
    "  db: { image: two, depends_on: [main] }",
    "compose.yaml:4: services.db.depends_on names main: the agent's service starts after all others.",
  ],
  [
    "  a: { image: two, depends_on: [b] }\n  b: { image: two, depends_on: [a] }",
    "compose.yaml:4: services.a.depends_on is a circle: a waits for b waits for a.",
  ],
  [
    "    depends_on: { db: { condition: service_healthy } }\n  db: { image: two }",
    "compose.yaml:4: services.main.depends_on.db waits until db is healthy, which has no healthcheck in the file.",
  ],
  [
    "    depends_on: { db: { condition: service_completed_successfully } }\n  db: { image: two }",
    "compose.yaml:4: services.main.depends_on.db.condition must be service_started or service_healthy; others are not supported.",
  ],
  ["  default: { image: two }", "compose.yaml:2: services has two that the agent could live in: name one main or default."],
  ["networks: { back: { driver: macvlan } }", "compose.yaml:4: networks.back.driver is not supported: each trial has networks of its own."],
  [
    "volumes: { data: }",
    "compose.yaml:4: volumes is not supported: no file or device of the host gets into a sandbox, and what a service writes ends with its trial.",
  ],
])("refused in one line with its place: %s", (lines, message) => {
  expect(refusal(`${MAIN}${lines}\n`)).toBe(message);
});

test("a file without a service for the agent, one that is no YAML and one whose aliases grow without end are refused", () => {
  expect(refusal("services: { db: { image: one } }")).toBe(
    "compose.yaml:1: services has none that is named main or default, which the agent lives in.",
  );
  expect(refusal("services:\n  main: [")).toMatch(/^compose\.yaml:2: Flow sequence [^\n]+\.$/);
  const bomb = ["a0: &a0 [x, x]", ...Array.from({ length: 20 }, (_, n) => `a${n + 1}: &a${n + 1} [${`*a${n}, `.repeat(9)}]`)].join("\n");
  expect(refusal(bomb)).toBe("compose.yaml: its aliases cannot be followed.");
});

test("whatever text an environment has reaches the service as it is, its dollar signs doubled in the file", () => {
  fc.assert(
    fc.property(
      fc.dictionary(
        fc.stringMatching(/^[A-Z_]{1,8}$/),
        fc.string({ unit: "grapheme" }).filter((text) => !text.includes("\0")),
      ),
      fc.boolean(),
      (variables, asList) => {
        const written = Object.fromEntries(Object.entries(variables).map(([name, value]) => [name, value.replaceAll("$", "$$$$")]));
        const environment = asList ? Object.entries(written).map(([name, value]) => `${name}=${value}`) : written;
        const text = stringify({ services: { main: { image: "one", environment } } });
        expect(parseComposeFile(text, "compose.yaml").main.environment).toEqual({ ...variables });
      },
    ),
  );
});

test("words that are quoted as a shell would come back as they are", () => {
  const quoted = (word: string): string => `'${word.replaceAll("$", "$$$$").replaceAll("'", `'\\''`)}'`;
  fc.assert(
    fc.property(
      fc.array(
        fc.string().filter((text) => !text.includes("\0")),
        { minLength: 1 },
      ),
      (words) => {
        const text = stringify({ services: { main: { image: "one", command: words.map(quoted).join(" ") } } });
        expect(parseComposeFile(text, "compose.yaml").main.command).toEqual(words);
      },
    ),
  );
});

test("whatever a file says, it is read or refused in one line", () => {
  const key = fc.constantFrom(
    "services",
    "main",
    "db",
    "image",
    "build",
    "environment",
    "command",
    "depends_on",
    "healthcheck",
    "networks",
    "test",
    "x-y",
    "$A",
  );
  const document = fc.letrec((tie) => ({
    node: fc.oneof(
      { depthSize: "medium" },
      fc.constantFrom("one", "$X", "", null, 3, true, "10s"),
      fc.array(tie("node"), { maxLength: 3 }),
      fc.dictionary(key, tie("node"), { maxKeys: 4 }),
    ),
  })).node;
  fc.assert(
    fc.property(document, (value) => {
      const text = stringify({ services: { main: value } });
      try {
        expect(parseComposeFile(text, "compose.yaml").main.name).toBe("main");
      } catch (error) {
        expect(error).toMatchObject({ code: "config/invalid", message: expect.stringMatching(/^compose\.yaml:\d+: [^\n]+\.$/) });
      }
    }),
  );
});

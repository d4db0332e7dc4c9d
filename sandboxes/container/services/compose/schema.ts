/** What of a compose file is understood. Source: the Compose Specification, https://github.com/compose-spec/compose-spec. */
import { z } from "../../../../src/index.ts";
import { durationMs } from "./duration.ts";
import { literal } from "./literal.ts";
import { splitWords } from "./words.ts";
import { SHELL } from "../../system-shell.ts";

/** YAML reads `5432` as a number and `on` as a text; a process is given texts. */
const scalar = z.union([literal, z.number().transform(String), z.boolean().transform(String)]);

const NO_VALUE = "has a variable without a value, which compose would take from the host: write NAME=value";
const NO_NAME = "has a variable without a name";

/** `{ NAME: value }`, or a list of `NAME=value`. */
const variables = z.union([
  z.record(
    z.string().regex(/^[^=\0]+$/, NO_NAME),
    z.union([scalar, z.null()]).refine((value) => value !== null, NO_VALUE),
  ),
  z.array(literal.refine((entry) => entry.indexOf("=") > 0, NO_VALUE)).transform(fromEntries),
]);

function fromEntries(entries: readonly string[]): Record<string, string> {
  return Object.fromEntries(entries.map((entry) => [entry.slice(0, entry.indexOf("=")), entry.slice(entry.indexOf("=") + 1)]));
}

const argv = z.union([
  z.array(scalar).min(1),
  literal.transform((text, context) => {
    const words = splitWords(text);
    if (words && words.length > 0) return words;
    context.issues.push({ code: "custom", message: "is empty or has a quote that is not closed", input: text });
    return z.NEVER;
  }),
]);

const build = z.union([
  literal.transform((context) => ({ context, dockerfile: "Dockerfile", args: {}, target: undefined })),
  z.strictObject({
    context: literal.default("."),
    dockerfile: literal.default("Dockerfile"),
    args: variables.default({}),
    target: literal.optional(),
  }),
]);

const healthcheck = z
  .strictObject({
    test: z.union([literal.transform((command) => ["CMD-SHELL", command]), z.array(scalar).min(1)]).optional(),
    interval: durationMs.default(30_000),
    timeout: durationMs.default(30_000),
    retries: z.number().int().positive().default(3),
    start_period: durationMs.default(0),
    disable: z.boolean().default(false),
  })
  .transform(({ test, disable, ...times }, context) => {
    if (disable || test?.[0] === "NONE") return undefined;
    const [kind, ...words] = test ?? [];
    if (kind === "CMD" && words.length > 0) return { ...timesOf(times), argv: words };
    if (kind === "CMD-SHELL" && words.length === 1) return { ...timesOf(times), argv: [SHELL, "-c", ...words] };
    const message = 'has no test: write test: ["CMD", program, …], ["CMD-SHELL", command], a command as text, or ["NONE"]';
    context.issues.push({ code: "custom", message, input: test });
    return z.NEVER;
  });

interface Times {
  interval: number;
  timeout: number;
  retries: number;
  start_period: number;
}

const timesOf = ({ interval, timeout, retries, start_period }: Times) => ({
  intervalMs: interval,
  timeoutMs: timeout,
  retries,
  startPeriodMs: start_period,
});

const CONDITIONS = ["service_started", "service_healthy"] as const;
type Condition = (typeof CONDITIONS)[number];

const dependsOn = z.union([
  z.array(literal).transform((names): Record<string, Condition> => Object.fromEntries(names.map((name) => [name, "service_started"]))),
  z
    .record(z.string(), z.strictObject({ condition: z.enum(CONDITIONS) }))
    .transform((services): Record<string, Condition> =>
      Object.fromEntries(Object.entries(services).map(([name, { condition }]) => [name, condition])),
    ),
]);

const networksOfService = z.union([z.array(literal), z.record(z.string(), z.null()).transform((networks) => Object.keys(networks))]);

const serviceSchema = z.strictObject({
  image: literal.optional(),
  build: build.optional(),
  environment: variables.default({}),
  command: argv.optional(),
  entrypoint: argv.optional(),
  depends_on: dependsOn.default({}),
  healthcheck: healthcheck.optional(),
  networks: networksOfService.default(["default"]),
  // Between services of one network every port is open.
  expose: z.array(z.union([z.string(), z.number()])).optional(),
});

/** A service's name is its host name in the networks, and part of its container's name. */
const name = z
  .string()
  .regex(/^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,62}$/, "is no name: letters, digits, _, . and -, at most 63 of them")
  .regex(/^(?!localhost$|[\d.]+$)/i, "is no name for a service: it means another machine already");

/** Each of them has an address in a network of 64. */
const MOST_SERVICES = 50;

export const composeSchema = z.strictObject({
  // Neither says anything that matters here.
  version: z.unknown().optional(),
  name: z.unknown().optional(),
  services: z
    .record(name, serviceSchema)
    .refine((services) => Object.keys(services).length <= MOST_SERVICES, `has more than ${MOST_SERVICES} services`),
  networks: z.record(name, z.union([z.null(), z.strictObject({ internal: z.boolean().default(false) })])).default({}),
});

export type ComposeDocument = z.output<typeof composeSchema>;
export type ServiceDocument = z.output<typeof serviceSchema>;
export type HealthCheck = NonNullable<z.output<typeof healthcheck>>;

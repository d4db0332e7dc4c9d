import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { dockerSandbox } from "../../sandboxes/docker.ts";
import { AssayError, sandboxSpecSchema, type ExecOptions, type ExecResult, type Sandbox, type SandboxBackend } from "../../src/index.ts";
import { bytes, print } from "./random-bytes.ts";
import { hasEngine } from "./requires.ts";

const owner = { runId: "lanes-like-exec", trialId: "lanes-like-exec/1/1", attempt: 1 };
const definitions = [dockerSandbox(), dockerSandbox({ commandsBy: "exec" })];

describe.runIf(await hasEngine(definitions[0]!, "scripts/start-docker.sh"))("commands over lanes and by the engine's exec", () => {
  const backends: SandboxBackend[] = [];
  beforeAll(async () => {
    for (const definition of definitions) backends.push(await definition.open());
  });
  afterAll(async () => {
    for (const backend of backends) await backend[Symbol.asyncDispose]();
  });

  it.each([
    ["the basic image", {}, 25],
    ["a busybox image", { dockerfile: "test/fixtures/images/busybox" }, 10],
  ])("give the same in %s, whatever the commands, files and background processes", { timeout: 240_000 }, async (_image, spec, numRuns) => {
    const [lanes, exec] = await Promise.all(backends.map((backend) => backend.start(sandboxSpecSchema.parse(spec), { owner })));
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 6 }), async (steps) => {
        await Promise.all([lanes!, exec!].map((sandbox) => sandbox.writeFile("left", "")));
        for (const one of steps) {
          const [byLane, byExec] = await Promise.all([outcomeOf(lanes!, one), outcomeOf(exec!, one)]);
          expect({ ...one, outcome: byLane }).toEqual({ ...one, outcome: byExec });
        }
        // What was left running does its work although nobody hears it.
        const leftBytes = steps.reduce((sum, one) => sum + (one.kind === "background" ? one.output.length : 0), 0);
        for (const sandbox of [lanes!, exec!]) {
          await expect.poll(async () => (await sandbox.readFile("left")).length, { timeout: 20_000 }).toBe(leftBytes);
        }
      }),
      { numRuns },
    );
  });
});

const fragment = fc.oneof(
  bytes.map(print),
  bytes.map((content) => `${print(content)} >&2`),
  fc.constantFrom(
    "cat",
    "head -c 5",
    "wc -c",
    "pwd",
    "cd /tmp && pwd",
    'printf %s "$VALUE"',
    'echo "$0 $#"',
    "umask",
    "ulimit -n",
    "no-such-command",
    "echo one | cat | tr a-z A-Z",
    "(exit 9)",
    "sleep 0.01",
    "trap 'echo trapped' USR1; kill -USR1 $$",
    "sh -c 'kill -TERM $$'",
    "sh -c 'kill -INT $$'",
    "[ -t 0 ] || echo no terminal",
    "ls /proc/self/fd | wc -l",
    "env | grep -v '^ASSAY_COMMAND=' | sort",
    "id -u; id -g; echo $HOME",
    "exec 1>&2; echo moved",
    "set -- a b; echo $#",
    "true &",
    "kill -KILL $$",
  ),
);

const commandStep = fc.record({
  kind: fc.constant("command" as const),
  command: fc
    .tuple(fc.array(fragment, { minLength: 1, maxLength: 4 }), fc.nat(255))
    .map(([parts, code]) => `${parts.join("\n")}\nexit ${code}`),
  options: fc
    .record(
      {
        stdin: fc.oneof(bytes, fc.string({ maxLength: 200 })),
        cwd: fc.constantFrom("/", "/tmp", "..", "/no/such/folder"),
        env: fc.record({ VALUE: fc.string({ unit: "grapheme", maxLength: 30 }).filter((value) => !value.includes("\0")) }),
        user: fc.constantFrom("root", "1000:1000"),
        maxOutputBytes: fc.constantFrom(1, 100, 10_000),
      },
      { requiredKeys: [] },
    )
    .map((options): ExecOptions => options),
});

const path = fc.constantFrom("one", "deep/er/two", "/tmp/th ree", "/no/such/folder/four", "deep");

const step = fc.oneof(
  { weight: 4, arbitrary: commandStep },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("write" as const),
      path,
      content: fc.oneof(bytes, fc.uint8Array({ minLength: 70_000, maxLength: 80_000 })),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("read" as const), path }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("background" as const), output: bytes }) },
);

type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;

/** What came of a step, in a form that can be compared. */
async function outcomeOf(sandbox: Sandbox, one: Step): Promise<unknown> {
  try {
    if (one.kind === "command") return comparable(await sandbox.exec(one.command, one.options));
    if (one.kind === "background")
      return comparable(
        await sandbox.exec(`(sleep 0.4; ${print(one.output)}; ${print(one.output)} >&2; ${print(one.output)} >>left) & echo begun`),
      );
    if (one.kind === "read") return Buffer.from(await sandbox.readFile(one.path)).toString("latin1");
    return await sandbox.writeFile(one.path, one.content);
  } catch (error) {
    if (error instanceof AssayError) return { code: error.code, message: error.message };
    throw error;
  }
}

/** What must be equal; where output was cut, how the streams came decides what is kept of each. */
function comparable({ stdout, stderr, durationMs: _took, ...rest }: ExecResult) {
  const lines = (output: Uint8Array) =>
    Buffer.from(output)
      .toString("latin1")
      .replaceAll(/sh: \d+: /g, "sh: ");
  if (rest.truncated) return { ...rest, keptBytes: stdout.length + stderr.length };
  return { ...rest, stdout: lines(stdout), stderr: lines(stderr) };
}

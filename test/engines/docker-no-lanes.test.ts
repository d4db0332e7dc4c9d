import Docker from "dockerode";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import docker from "../../sandboxes/docker.ts";
import { sandboxSpecSchema, type Sandbox, type SandboxBackend } from "../../src/index.ts";
import { someBytes, text } from "../sandboxes/contract/context.ts";
import { execsOf } from "./execs-of.ts";
import { hasEngine } from "./requires.ts";

const isDockerHere = await hasEngine(docker, "scripts/start-docker.sh");
const owner = { runId: "docker-no-lanes", trialId: "docker-no-lanes/1/1", attempt: 1 };

describe.runIf(isDockerHere).each(["no-setsid", "no-head"])("docker with an image in which no lane works (%s)", (image) => {
  const opened: { backend?: SandboxBackend; sandbox?: Sandbox } = {};
  const shared = (): Sandbox => {
    if (!opened.sandbox) throw new Error("The sandbox did not start.");
    return opened.sandbox;
  };
  beforeAll(async () => {
    opened.backend = await docker.open();
    const spec = sandboxSpecSchema.parse({ dockerfile: `test/fixtures/images/no-lanes/${image}.Dockerfile` });
    opened.sandbox = await opened.backend.start(spec, { owner });
  });
  afterAll(() => opened.backend?.[Symbol.asyncDispose]());

  it("runs each command by the engine's exec", async () => {
    const engine = new Docker();
    const before = await execsOf(engine, shared().id);
    for (let index = 0; index < 5; index += 1) expect((await shared().exec(`exit ${index}`)).exitCode).toBe(index);
    const now = await execsOf(engine, shared().id);
    expect(now - before).toBeGreaterThanOrEqual(5);
    // That no lane works is found once and not again for each command.
    expect(now - before).toBeLessThanOrEqual(7);
  });

  it("gives a command its stdin, folder, environment and user, and tells its streams apart", async () => {
    const input = someBytes(100_000);
    expect(Buffer.compare((await shared().exec("cat", { stdin: input })).stdout, input)).toBe(0);
    const result = await shared().exec('pwd; echo "$NAME"; id -u >&2; exit 3', { cwd: "/tmp", env: { NAME: "a  b'c" }, user: "root" });
    expect([result.exitCode, text(result.stdout), text(result.stderr)]).toEqual([3, "/tmp\na  b'c\n", "0\n"]);
  });

  it("ends a command's whole tree at its timeout, and goes on", async () => {
    const command = "echo begun; trap '' TERM; (sleep 1; echo escaped >/workspace/escaped) & sleep 30";
    const result = await shared().exec(command, { timeoutMs: 500 });
    expect([text(result.stdout), result.timedOut, result.exitCode]).toEqual(["begun\n", true, 137]);
    await shared().exec("sleep 1.5");
    expect((await shared().exec("test -e escaped")).exitCode).toBe(1);
  });

  it("writes files and keeps a session", async () => {
    await shared().writeFile("deep/file", "content");
    await using shell = await shared().shell();
    await shell.exec("cd deep; NAME=value");
    expect(text((await shell.exec("cat file; echo $NAME")).stdout)).toBe("contentvalue\n");
  });
});

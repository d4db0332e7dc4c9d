import Docker from "dockerode";
import { describe, expect, it } from "vitest";
import { dockerSandbox } from "../../sandboxes/docker.ts";
import { podmanSandbox } from "../../sandboxes/podman.ts";
import { type ExecOptions, type Sandbox, type SandboxDefinition, type SandboxSpecInput } from "../../src/index.ts";
import { sleep, text } from "../sandboxes/contract/context.ts";
import { execsOf } from "./execs-of.ts";
import { HOW_TO_START, ROOTFUL_ADDRESS } from "./podman-sockets.ts";
import { startsSandboxes } from "./opened-backend.ts";
import { hasEngine } from "./requires.ts";

interface Case {
  name: string;
  definition: SandboxDefinition;
  engine: Docker;
  howToStart: string;
  spec: SandboxSpecInput;
}

const docker = { definition: dockerSandbox(), engine: new Docker(), howToStart: "scripts/start-docker.sh" };
const podman = {
  definition: podmanSandbox({ addresses: () => [ROOTFUL_ADDRESS] }),
  engine: new Docker({ socketPath: ROOTFUL_ADDRESS.slice("unix://".length), host: "" }),
  howToStart: HOW_TO_START,
};
const cases: Case[] = [
  { name: "Docker", ...docker, spec: {} },
  { name: "Docker in a busybox image", ...docker, spec: { dockerfile: "test/fixtures/images/busybox" } },
  { name: "rootful Podman", ...podman, spec: {} },
];

/** Without lanes each command is an exec of the engine's; with them only a lane or a control that is opened is one. */
for (const { name, definition, engine, howToStart, spec } of cases) {
  describe.runIf(await hasEngine(definition, howToStart))(`commands over lanes, counted by ${name}`, () => {
    const startFrom = startsSandboxes(definition, "docker-lanes");
    const start = (more: SandboxSpecInput = {}): Promise<Sandbox> => startFrom({ ...spec, ...more });
    const twenty = async (sandbox: Sandbox, options: ExecOptions = {}): Promise<void> => {
      for (let index = 0; index < 20; index += 1) {
        const { exitCode, stdout } = await sandbox.exec(`echo ${index}; exit ${index}`, options);
        expect([exitCode, text(stdout)]).toEqual([index, `${index}\n`]);
      }
    };

    it("need none for the sandbox's own user but the control's", async () => {
      await using sandbox = await start();
      await twenty(sandbox);
      await sandbox.writeFile("file", "content");
      expect(text(await sandbox.readFile("file"))).toBe("content");
      await twenty(sandbox, { stdin: "input", cwd: "/tmp", env: { NAME: "value" } });
      await sleep(200);
      expect(await execsOf(engine, sandbox.id)).toBeLessThanOrEqual(1);
    });

    it("need one lane for another user", async () => {
      await using sandbox = await start();
      await twenty(sandbox, { user: "root" });
      expect(await execsOf(engine, sandbox.id)).toBeLessThanOrEqual(CONTROLS + 1);
    });

    it("need one more lane after one was killed", async () => {
      await using sandbox = await start();
      await twenty(sandbox);
      await expect(sandbox.exec("kill -9 $PPID; sleep 1")).rejects.toMatchObject({ code: "sandbox/channel" });
      await twenty(sandbox);
      expect(await execsOf(engine, sandbox.id)).toBeLessThanOrEqual(CONTROLS + 1);
    });

    it("need one more lane after a command that left a background process", async () => {
      await using sandbox = await start();
      await sandbox.exec("sleep 100 &");
      await twenty(sandbox);
      expect(await execsOf(engine, sandbox.id)).toBeLessThanOrEqual(CONTROLS + 1);
    });

    it("keep the lanes of others at a timeout of root's, also of one that may kill them", async () => {
      await using sandbox = await start({ capabilities: "default" });
      expect((await sandbox.exec("sleep 60", { user: "root", timeoutMs: 300 })).timedOut).toBe(true);
      // The lane that came with the sandbox is the only one that is a child of its first process.
      const { stdout } = await sandbox.exec("read -r children </proc/1/task/1/children; echo $PPID; echo $children");
      const [lane, children] = text(stdout).split("\n");
      expect(children?.split(" ")).toContain(lane);
    });

    it("need as many lanes as commands at once, and keep some of them", async () => {
      await using sandbox = await start();
      for (let round = 0; round < 5; round += 1) await Promise.all(Array.from({ length: 8 }, () => sandbox.exec("sleep 0.05")));
      expect(await execsOf(engine, sandbox.id)).toBeLessThanOrEqual(CONTROLS + 8);
    });
  });
}

/** One for each of the two users that a sandbox's own files and commands may be of. */
const CONTROLS = 2;

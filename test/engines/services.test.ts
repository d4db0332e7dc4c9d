/** Services beside a sandbox, on each engine that can have them. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer as createHttpServer } from "node:http";
import { createServer } from "node:net";
import { networkInterfaces, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sandboxSpecSchema, type Sandbox, type SandboxBackend, type SandboxConnection, type SandboxSpecInput } from "../../src/index.ts";
import { leftOf, testEngines } from "./engines.ts";
import { textOf } from "./graded-trial.ts";

const HOLD = fileURLToPath(new URL("hold-services.process.ts", import.meta.url));

/** Tries each `host port` and prints those that it reaches; a name server's port is asked for a name, too. */
const REACH = `
import socket, sys
for target in sys.argv[1:]:
    host, port = target.rsplit(" ", 1)
    try:
        socket.create_connection((host, int(port)), 1.5).close()
        print("reached", target)
    except OSError:
        pass
`;

/** Listens where a resolver that asks the container itself would ask, and prints the names that come. */
const RESOLVE = `
import socket, threading
server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind(("127.0.0.1", 53))
server.settimeout(20)
threading.Thread(target=lambda: [socket.getaddrinfo("secret.example", 80)], daemon=True).start()
print("asked the container itself" if b"secret" in server.recvfrom(512)[0] else "another question")
`;

/** Asks each URL as most programs do, by the proxy that the environment names but for what it takes out, and prints the answer's status. */
const ASK = `
import sys, urllib.error, urllib.request
for url in sys.argv[1:]:
    try:
        print(urllib.request.urlopen(url, timeout=10).status)
    except urllib.error.HTTPError as error:
        print(error.code)
    except OSError as error:
        print(error)
`;

/** This machine, for the one name that tests allow. */
const resolve = (name: string): Promise<string[]> => Promise.resolve(name === "own.test" ? ["127.0.0.1"] : []);

const python = (program: string): string => JSON.stringify(["python3", "-u", "-c", program.replaceAll("$", "$$$$")]);

const WEB = (reach: string): string => `
services:
  main:
    image: debian:bookworm-slim
    depends_on: { web: { condition: service_healthy } }
  web:
    image: debian:bookworm-slim
    command: python3 -u -m http.server 8080
    healthcheck: { test: ["CMD", "python3", "-c", "import socket; socket.create_connection(('127.0.0.1', 8080))"] }
    networks: [default, back]
  back:
    image: debian:bookworm-slim
    command: ${reach}
    depends_on: { web: { condition: service_healthy } }
    networks: [back]
networks: { back: }
`;

const only = (service: string): string =>
  `services: { main: { image: "debian:bookworm-slim" }, db: { image: "debian:bookworm-slim", ${service} } }`;

for (const engine of await testEngines("docker", "rootful", "rootless"))
  describe.runIf(engine.isHere)(`services: ${engine.title}`, () => {
    const opened: { backend?: SandboxBackend; folder?: string } = {};
    let files = 0;
    beforeAll(async () => {
      opened.backend = await engine.definitionWith({ resolve }).open();
      opened.folder = await mkdtemp(join(tmpdir(), "assay-services-"));
    });
    afterAll(async () => {
      await opened.backend?.[Symbol.asyncDispose]();
      if (opened.folder) await rm(opened.folder, { recursive: true });
    });
    const composeFile = async (text: string): Promise<string> => {
      const path = join(opened.folder ?? "", `compose-${(files += 1)}.yaml`);
      await writeFile(path, text);
      return path;
    };
    const runId = `services-${engine.title.replaceAll(/\W+/g, "-")}-${process.pid}`;
    const start = async (text: string, spec: SandboxSpecInput = {}): Promise<Sandbox> => {
      if (!opened.backend) throw new Error("The backend did not open.");
      const parsed = sandboxSpecSchema.parse({ ...spec, compose: await composeFile(text) });
      return opened.backend.start(parsed, { owner: { runId, trialId: "services/1/1", attempt: 1 } });
    };

    test("reach one another by name where they share a network, and neither they nor the agent reach anything else", async () => {
      const server = createServer((socket) => socket.end());
      server.listen({ host: "::", port: 0 });
      await once(server, "listening");
      const address = server.address();
      const port = typeof address === "object" ? address?.port : undefined;
      const own = Object.values(networkInterfaces()).flatMap((all) => (all ?? []).map((one) => one.address));
      const outside = [
        ...own.filter((ip) => ip !== "127.0.0.1" && ip !== "::1").map((ip) => `${ip} ${port}`),
        "169.254.169.254 80",
        "1.1.1.1 53",
      ];
      const reach = `${REACH}
import time
print("looked")
time.sleep(600)`;
      const command = JSON.stringify([...(JSON.parse(python(reach)) as string[]), "web 8080", ...outside]);
      await using sandbox = await start(WEB(command), { user: "root", capabilities: "default" });
      const gateway = textOf((await sandbox.exec("grep web /etc/hosts | cut -f1 | head -1")).stdout)
        .trim()
        .replace(/\d+$/, (last) => String((Number(last) & ~63) + 1));
      const said = await sandbox.exec(["python3", "-c", REACH, "web 8080", "back 8080", `${gateway} ${port}`, ...outside]);
      expect(textOf(said.stdout)).toBe("reached web 8080\n");
      expect(textOf((await sandbox.exec(["python3", "-c", RESOLVE])).stdout)).toBe("asked the container itself\n");
      expect(sandbox.applied).toMatchObject({ network: "services" });
      const log = async (): Promise<string> => textOf((await sandbox.services?.())?.find(({ name }) => name === "back")?.stdout);
      while (!(await log()).includes("looked")) await sleep(200);
      expect(await log()).toBe("reached web 8080\nlooked\n");
      server.close();
    });

    test("beside a list of hosts, the agent's programs reach its services without the proxy and the list by it, and services reach no host of it", async () => {
      const server = createHttpServer((_request, response) => response.end("hello")).listen(0, "127.0.0.1");
      await once(server, "listening");
      const address = server.address();
      const own = `own.test:${typeof address === "object" ? address?.port : undefined}`;
      const asking = python(`${ASK.replace("sys.argv[1:]", JSON.stringify(["http://web:8080/", `http://${own}/`]))}
import time
print("asked")
time.sleep(600)`);
      const allow = [own, own.replace("own.test", "127.0.0.1")];
      await using sandbox = await start(WEB(asking), { network: { allow } });
      const told: SandboxConnection[] = [];
      sandbox.onConnection?.((connection) => told.push(connection));
      const web = textOf((await sandbox.exec("grep web /etc/hosts | cut -f1 | head -1")).stdout).trim();
      const urls = ["http://web:8080/", `http://${web}:8080/`, `http://${own}/`, "http://elsewhere.test/", "http://back/"];
      const said = await sandbox.exec(["python3", "-c", ASK, ...urls]);
      expect(textOf(said.stdout)).toBe("200\n200\n200\n403\n403\n");
      await expect
        .poll(() => told.map(({ outcome, host }) => `${outcome} ${host}`))
        .toEqual(["allowed own.test", "refused elsewhere.test", "refused back"]);
      expect(sandbox.applied).toMatchObject({ network: `services, allow ${allow.join(", ")}` });
      const log = async (): Promise<string> => textOf((await sandbox.services?.())?.find(({ name }) => name === "back")?.stdout);
      while (!(await log()).includes("asked")) await sleep(200);
      expect(await log()).toMatch(/^200\n<urlopen error .*>\nasked\n$/);
      server.closeAllConnections();
      server.close();
    });

    test("one that never becomes healthy is named in one line with its last check and its log, and nothing is left", async () => {
      const check = `command: ["sh", "-c", "echo starting up; sleep 600"], healthcheck: { test: "echo no answer; exit 4", interval: 500ms, retries: 2 }`;
      await expect(start(only(check))).rejects.toMatchObject({
        code: "sandbox/failed",
        message: "Service db was not healthy within 1 s; its test ended with exit code 4 and said: no answer. Its log ends: starting up",
      });
      expect(await leftOf(engine, runId)).toEqual([]);
    });

    test("one that cannot be started, or ends at once, is named, and nothing is left", async () => {
      await expect(start(only('command: ["/no/such/program"]'))).rejects.toMatchObject({
        code: "sandbox/failed",
        message: expect.stringMatching(/could not start service db: .*no\/such\/program/),
      });
      const dying = `command: ["sh", "-c", "echo no disk >&2; exit 3"], healthcheck: { test: "exit 1" }`;
      await expect(start(only(dying))).rejects.toMatchObject({
        message: "Service db ended with exit code 3 before it was healthy. Its log ends: no disk",
      });
      expect(await leftOf(engine, runId)).toEqual([]);
    });

    test("one that dies during the trial is told with its exit code and the end of its log", async () => {
      await using sandbox = await start(only(`command: ["sh", "-c", "head -c 3000000 /dev/zero; sleep 2; echo last words; exit 3"]`));
      expect(await sandbox.isAlive?.()).toBe(true);
      while (await sandbox.isAlive?.()) await sleep(200);
      const [report] = (await sandbox.services?.()) ?? [];
      expect(report).toMatchObject({ name: "db", healthyMs: null, exitCode: 3, droppedBytes: 3_000_000 + 11 - 1024 * 1024 });
      expect(textOf(report?.stdout.subarray(-11))).toBe("last words\n");
    });

    test("no copy is made of a sandbox with services, as it would have new ones", async () => {
      await using sandbox = await start(only('command: ["sleep", "600"]'));
      await expect(sandbox.snapshot?.()).rejects.toMatchObject({
        code: "sandbox/snapshot",
        message: "A sandbox with services cannot be copied: a snapshot holds nothing of what is in them.",
      });
    });

    test("after kill -9 of the process that had them, prune removes containers and networks", async () => {
      const killed = `${runId}-killed`;
      const path = await composeFile(WEB('["sleep", "600"]'));
      const child = spawn(process.execPath, [HOLD, engine.title, path, killed], { stdio: ["ignore", "pipe", "inherit"] });
      await once(child.stdout, "data");
      // Three containers, two volumes of the agent's, two networks.
      expect(await leftOf(engine, killed)).toHaveLength(7);
      child.kill("SIGKILL");
      await once(child, "exit");
      await opened.backend?.prune();
      expect(await leftOf(engine, killed)).toEqual([]);
    });
  });

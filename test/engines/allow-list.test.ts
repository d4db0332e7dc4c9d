/** Sandboxes whose network is an allow-list: what they reach, what they do not, and what is told of both. */
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { createServer as createTcpServer, type Server as TcpServer } from "node:net";
import { networkInterfaces } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Sandbox, SandboxConnection } from "../../src/index.ts";
import { python, text } from "../attacks/context.ts";
import { blocksOf } from "../../src/cli/replay/blocks.ts";
import { fieldsOf } from "../../src/store/read-trace.ts";
import { oneTrialTask, storedRun } from "../run/stored-run.ts";
import { leftOf, testEngines } from "./engines.ts";
import { startsSandboxes } from "./opened-backend.ts";

/** What the tests' own resolver knows; of all names it says this machine. */
const resolve = (name: string): Promise<string[]> => Promise.resolve(name.endsWith(".test") ? ["127.0.0.1"] : []);

/** Prints the status of each request to the proxy, and what answers of each address that is tried without it. */
const PROBES = `
import socket, sys, json
def proxied(data):
    with socket.create_connection(("127.1.0.1", 3128), 10) as s:
        s.sendall(data.encode()); s.settimeout(10); got = b""
        try:
            while b" 200 Connection established" not in got and (chunk := s.recv(65536)): got += chunk
        except OSError: pass
    return [line.split()[1].decode() for line in got.split(b"\\r\\n") if line.startswith(b"HTTP/1.")]
def connect(target): return proxied(f"CONNECT {target} HTTP/1.1\\r\\nHost: {target}\\r\\n\\r\\n")
def reached(host, port, kind=socket.SOCK_STREAM):
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=kind)[0]
        with socket.socket(family, kind) as s:
            s.settimeout(1); s.connect(address); s.send(b"x")
            return True if kind == socket.SOCK_STREAM else bool(s.recv(1))
    except OSError: return False
`;

const running = { hosts: new Array<string | undefined>(), decoyConnections: 0 };
const servers: { own?: Server; decoy?: TcpServer; sink?: TcpServer } = {};

function portOf(server: Server | TcpServer | undefined): number {
  const address = server?.address();
  if (typeof address !== "object" || address === null) throw new Error("The server does not listen.");
  return address.port;
}

beforeAll(async () => {
  servers.own = createServer((request, response) => {
    running.hosts.push(request.headers.host);
    response.end(request.url === "/big" ? Buffer.alloc(20_000_000, 7) : "hello");
  }).listen(0, "127.0.0.1");
  servers.decoy = createTcpServer((socket) => {
    running.decoyConnections += 1;
    socket.on("error", () => socket.destroy()).end("secret");
  }).listen(0, "0.0.0.0");
  servers.sink = createTcpServer((socket) => void socket.on("error", () => socket.destroy()).pause()).listen(0, "127.0.0.1");
  await Promise.all(Object.values(servers).map((server) => once(server, "listening")));
});

afterAll(() => {
  servers.own?.closeAllConnections();
  for (const server of Object.values(servers)) server.close();
});

for (const engine of await testEngines("docker", "rootful", "rootless")) {
  describe.runIf(engine.isHere)(`an allow-list in ${engine.title}`, () => {
    const runId = `allow-list-${process.pid}-${engine.title.replace(/\W+/g, "-")}`;
    const start = startsSandboxes(engine.definitionWith({ resolve }), runId);

    /** Allows this file's own server by two names, and the decoy by a name alone, which leads to this machine. */
    async function startAllowed(): Promise<{ sandbox: Sandbox; told: SandboxConnection[] } & AsyncDisposable> {
      const [own, decoy, sink] = [portOf(servers.own), portOf(servers.decoy), portOf(servers.sink)];
      const allow = [
        `own.test:${own}`,
        `*.wild.test:${own}`,
        `127.0.0.1:${own}`,
        `loop.test:${decoy}`,
        `sink.test:${sink}`,
        `127.0.0.1:${sink}`,
      ];
      const sandbox = await start({ network: { allow } });
      const told: SandboxConnection[] = [];
      sandbox.onConnection?.((connection) => told.push(connection));
      return { sandbox, told, [Symbol.asyncDispose]: () => sandbox[Symbol.asyncDispose]() };
    }

    it("reaches what is in the list, by the proxy and by its name alone, and says so", async () => {
      await using allowed = await startAllowed();
      const { sandbox, told } = allowed;
      const port = portOf(servers.own);
      const program = `${PROBES}
import urllib.request, hashlib, http.client
print(urllib.request.urlopen("http://own.test:${port}/").read())
print(urllib.request.urlopen("http://a.b.wild.test:${port}/?secret=1").read())
direct = http.client.HTTPConnection("own.test", ${port}); direct.request("GET", "/big")
body = direct.getresponse().read(); print(len(body), set(body)); direct.close()
print(connect("own.test:${port}"), connect("127.0.0.1:${port}"))`;
      expect(await python(sandbox, program)).toBe("b'hello'\nb'hello'\n20000000 {7}\n['200'] ['200']\n");
      expect(sandbox.applied["network"]).toBe(
        `allow own.test:${port}, *.wild.test:${port}, 127.0.0.1:${port}, loop.test:${portOf(servers.decoy)}, sink.test:${portOf(servers.sink)}, 127.0.0.1:${portOf(servers.sink)}`,
      );
      await expect.poll(() => told.length).toBe(5);
      expect(told.map(({ via, host }) => `${via} ${host}`)).toEqual([
        "proxy own.test",
        "proxy a.b.wild.test",
        "direct own.test",
        "proxy own.test",
        "proxy 127.0.0.1",
      ]);
      expect(told[2]).toMatchObject({ outcome: "allowed", port, bytesUp: expect.any(Number) });
      expect(told[2]?.bytesDown).toBeGreaterThan(20_000_000);
      expect(JSON.stringify(told)).not.toContain("secret");
    });

    it("reaches nothing else without the proxy: no address of the host, a neighbour or the world, no name, no DNS", async () => {
      await using allowed = await startAllowed();
      const decoy = portOf(servers.decoy);
      const own = Object.values(networkInterfaces()).flatMap((entries) => (entries ?? []).map(({ address }) => address));
      const hosts = [
        ...own.filter((address) => !address.startsWith("fe80") && !address.startsWith("127.") && address !== "::1"),
        "172.17.0.1",
      ];
      const program = `${PROBES}
hosts = ${JSON.stringify(hosts)}
print([host for host in hosts if reached(host, ${decoy})])
print([host for host in ["169.254.169.254", "1.1.1.1", "example.org", "localhost", "own.test"] if reached(host, 80) or reached(host, ${decoy})])
servers = hosts + ["8.8.8.8", "127.0.0.53", "127.0.0.11", "127.0.0.1", "127.1.0.1"]
print([host for host in servers for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM) if reached(host, 53, kind)])
print(*sorted(name for _, name in socket.if_nameindex()))`;
      running.decoyConnections = 0;
      expect(await python(allowed.sandbox, program)).toBe("[]\n[]\n[]\nlo\n");
      expect(running.decoyConnections).toBe(0);
    });

    it("refuses by the proxy what is not in the list, however it is spelled, and tells each", async () => {
      await using allowed = await startAllowed();
      const [own, decoy] = [portOf(servers.own), portOf(servers.decoy)];
      const spellings = ["localhost", "127.1", "0", "0x7f.1", "2130706433", "017700000001", "[::ffff:127.0.0.1]", "[::1]", "loop.test"];
      const others = [
        "169.254.169.254:80",
        "8.8.8.8:53",
        "own.test:22",
        "own.test.evil.test:80",
        "wild.test:80",
        "own.test@evil.test:80",
        "own.test",
      ];
      const targets = [...spellings.map((host) => `${host}:${decoy}`), ...others];
      running.decoyConnections = 0;
      const program = `${PROBES}
for target in ${JSON.stringify(targets)}: print(target.replace("${decoy}", "DECOY"), *connect(target))
print(*proxied("GET http://own.test:${own}/ HTTP/1.1\\r\\nHost: other.test\\r\\n\\r\\n"))
print(*proxied("GET http://127.0.0.1:${decoy}/ HTTP/1.1\\r\\nHost: own.test:${own}\\r\\n\\r\\n"))
print(*proxied("POST http://own.test:${own}/ HTTP/1.1\\r\\nHost: own.test\\r\\nContent-Length: 4\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\n0\\r\\n\\r\\nGET http://loop.test:${decoy}/ HTTP/1.1\\r\\nHost: own.test\\r\\n\\r\\n"))
print(*proxied("GET http://user:word@own.test:${own}/ HTTP/1.1\\r\\nHost: own.test\\r\\n\\r\\n"))`;
      running.hosts = [];
      expect((await python(allowed.sandbox, program)).split("\n")).toMatchInlineSnapshot(`
        [
          "localhost:DECOY 403",
          "127.1:DECOY 403",
          "0:DECOY 403",
          "0x7f.1:DECOY 403",
          "2130706433:DECOY 403",
          "017700000001:DECOY 403",
          "[::ffff:127.0.0.1]:DECOY 403",
          "[::1]:DECOY 403",
          "loop.test:DECOY 403",
          "169.254.169.254:80 403",
          "8.8.8.8:53 403",
          "own.test:22 403",
          "own.test.evil.test:80 403",
          "wild.test:80 403",
          "own.test@evil.test:80 403",
          "own.test 400",
          "200",
          "403",
          "400",
          "400",
          "",
        ]
      `);
      expect(running.decoyConnections).toBe(0);
      expect(running.hosts).toEqual([`own.test:${own}`]);
      const refused = allowed.told.filter(({ outcome }) => outcome !== "allowed");
      const lines = refused.map(({ host, port, reason }) => `${host}:${port === decoy ? "DECOY" : port} ${reason}`);
      expect(lines).toMatchInlineSnapshot(`
        [
          "localhost:DECOY not-in-list",
          "127.0.0.1:DECOY port",
          "0.0.0.0:DECOY not-in-list",
          "127.0.0.1:DECOY port",
          "127.0.0.1:DECOY port",
          "127.0.0.1:DECOY port",
          "127.0.0.1:DECOY port",
          "[::1]:DECOY not-in-list",
          "loop.test:DECOY address",
          "169.254.169.254:80 not-in-list",
          "8.8.8.8:53 not-in-list",
          "own.test:22 port",
          "own.test.evil.test:80 not-in-list",
          "wild.test:80 not-in-list",
          "null:80 malformed",
          "null:null malformed",
          "127.0.0.1:DECOY port",
          "null:null malformed",
          "null:null malformed",
        ]
      `);
    });

    it("2,000 connections at once, all of them full, hold up neither commands nor this process, and the list works on", async () => {
      await using allowed = await startAllowed();
      const { sandbox } = allowed;
      const before = process.memoryUsage();
      const flood = `
import socket, time, sys
held = []
for number in range(2000):
    s = socket.socket(); s.setblocking(False); s.connect_ex(("sink.test", ${portOf(servers.sink)})); held.append(s)
end = time.time() + 5
while time.time() < end:
    for s in held:
        try: s.send(b"x" * 65536)
        except OSError: pass
print(len(held))`;
      const flooding = sandbox.exec(["python3", "-c", flood], { timeoutMs: 60_000 });
      await sleep(3_000);
      const during = await sandbox.exec("echo here");
      expect(text(during.stdout)).toBe("here\n");
      const after = process.memoryUsage();
      expect(after.rss - before.rss).toBeLessThan(250 * 1024 * 1024);
      expect(text((await flooding).stdout)).toBe("2000\n");
      const again = `import urllib.request; print(urllib.request.urlopen("http://own.test:${portOf(servers.own)}/").read())`;
      const isBack = () => python(sandbox, again);
      await expect.poll(isBack, { timeout: 80_000, interval: 2_000 }).toBe("b'hello'\n");
    });

    it("after kill -9 of the process that owns it, prune leaves neither the sandbox nor its forwarder", async () => {
      const owner = `${runId}-killed`;
      const child = execa(process.execPath, ["test/engines/hold-allow-list.ts", engine.backend, owner], {
        reject: false,
        env: engine.environment,
      });
      const id = await new Promise<string>((resolve) => {
        child.stdout.once("data", (line: Buffer) => resolve(line.toString().trim()));
      });
      expect(await leftOf(engine, owner)).toEqual(expect.arrayContaining([id, `${id}-network`]));
      child.kill("SIGKILL");
      await child;
      await using backend = await engine.definition.open();
      const pruned = await backend.prune();
      expect(pruned.removed).not.toContain(`${id}-network`);
      expect(await leftOf(engine, owner)).toEqual([]);
    });

    it("a forwarder that is gone fails the next command instead of passing for a network that is closed", async () => {
      await using allowed = await startAllowed();
      await engine.client.getContainer(`${allowed.sandbox.id}-network`).kill();
      await expect.poll(() => allowed.sandbox.exec("true").then(String, (error: { code: string }) => error.code)).toBe("sandbox/failed");
    });

    it("a trial's trace tells what was asked for and refused, and replay shows it in a line each", async () => {
      const port = portOf(servers.own);
      const ask = (url: string) => `python3 -c 'import urllib.request as u; print(u.urlopen("${url}").read())'; true`;
      const task = oneTrialTask(
        `reference: { commands: [${JSON.stringify(ask(`http://127.0.0.1:${port}/`))}, ${JSON.stringify(ask("http://elsewhere.test/?secret"))}], answer: "42" }`,
      );
      const network = `sandbox.network={"allow":["127.0.0.1:${port}"]}`;
      const args = ["-m", "mock/oracle", "-H", "agent", "--sandbox", engine.backend, "-o", network];
      await using run = await storedRun(task, args, engine.environment);
      const events = await Array.fromAsync(run.events());
      const told = events.flatMap((event) => fieldsOf(event, "sandbox.network") ?? []);
      expect(told.map(({ outcome, via, host, reason }) => [outcome, via, host, reason])).toEqual([
        ["allowed", "direct", "127.0.0.1", undefined],
        ["refused", "proxy", "elsewhere.test", "not-in-list"],
      ]);
      const lines = events
        .flatMap((event) => blocksOf(event, []))
        .map(({ head }) => head.map((piece) => (typeof piece === "string" ? piece : piece.text)).join(""));
      expect(lines.filter((line) => line.startsWith("network: ")).map((line) => line.replace(/\d+(\.\d+)? m?s$/, "TIME"))).toEqual([
        expect.stringMatching(`^network: allowed 127.0.0.1:${port}  .* up, .* down · direct · TIME$`),
        "network: refused elsewhere.test:80  not-in-list · proxy · TIME",
      ]);
    });

    it("leaves nothing behind", async () => {
      expect(await leftOf(engine, runId)).toEqual([]);
    });
  });
}

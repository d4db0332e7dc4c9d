/** Attempts to reach anything: the host, its services, the cloud's metadata, the world, another sandbox, the engine's socket. */
import { once } from "node:events";
import { createServer } from "node:net";
import { networkInterfaces } from "node:os";
import { expect, it } from "vitest";
import { python, text, type AttackContext } from "./context.ts";

/** Prints each address that answers; a refusal counts as an answer of the machine there. */
const connect = (addresses: readonly [host: string, port: number][]): string => `
import socket
for address in ${JSON.stringify(addresses)}:
    family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        try:
            with socket.socket(family, kind) as s:
                s.settimeout(0.5)
                s.connect(tuple(address))
                s.send(b"x")
                if kind == socket.SOCK_DGRAM: s.recv(1)
            print("reached", address)
        except ConnectionRefusedError:
            if not address[0].startswith("127.") and address[0] != "::1": print("answered", address)
        except OSError: pass
print("over")`;

export function networkAttacks(context: AttackContext): void {
  if (!context.capabilities.hasPython) return;
  const { shared, start, neighbour, capabilities } = context;

  it("no address of the host, its bridges or its loopback is reached, whatever listens there", async () => {
    const server = createServer((socket) => void socket.end("secret")).listen(0, "0.0.0.0");
    await once(server, "listening");
    const address = server.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    const hosts = Object.values(networkInterfaces()).flatMap((entries) => (entries ?? []).map((entry) => entry.address));
    const guesses = [...new Set([...hosts, "127.0.0.1", "172.17.0.1", "10.0.2.2", "192.168.65.2", "::1"])].filter(
      (host) => !host.startsWith("fe80"),
    );
    try {
      expect(await python(shared(), connect(guesses.map((host) => [host, port])))).toBe("over\n");
    } finally {
      server.close();
    }
  });

  it("neither the metadata service, nor a name server, nor the world is reached", async () => {
    const addresses: [string, number][] = [
      ["169.254.169.254", 80],
      ["100.100.100.200", 80],
      ["fd00:ec2::254", 80],
      ["8.8.8.8", 53],
      ["1.1.1.1", 443],
      ["255.255.255.255", 9],
    ];
    expect(await python(shared(), connect(addresses))).toBe("over\n");
    const resolve = `
import socket
for name in ("host.docker.internal", "gateway.docker.internal", "host.containers.internal", "example.com", "metadata.google.internal"):
    for port in (22, 80, 443):
        try:
            # Podman has names of the host in its file of hosts; nothing leads there.
            with socket.create_connection((name, port), 0.5): print("reached", name)
        except ConnectionRefusedError: print("answered", name)
        except OSError: pass
print("over")`;
    expect(await python(shared(), resolve)).toBe("over\n");
  });

  it.runIf(capabilities.hasProcesses)("no interface but the loopback is there, nor can one be made, nor a raw socket", async () => {
    const program = `
import os, socket
print(*sorted(name for _, name in socket.if_nameindex()))
for family, kind in ((socket.AF_PACKET, socket.SOCK_RAW), (socket.AF_INET, socket.SOCK_RAW)):
    try: print("raw", socket.socket(family, kind, 1))
    except OSError: pass
try: print("tun", os.open("/dev/net/tun", os.O_RDWR))
except OSError: pass`;
    expect(await python(shared(), program)).toBe("lo\n");
  });

  it.runIf(capabilities.hasProcesses)(
    "what another sandbox listens to on its loopback, or as an abstract socket, is not there",
    async () => {
      const listening = `
import socket, time
tcp = socket.create_server(("127.0.0.1", 4242))
unix = socket.socket(socket.AF_UNIX); unix.bind("\\0assay-attack"); unix.listen()
time.sleep(20)`;
      await neighbour().exec(`python3 -c '${listening}' >/dev/null 2>&1 & sleep 0.5`);
      const program = `
import socket
for family, address in ((socket.AF_INET, ("127.0.0.1", 4242)), (socket.AF_UNIX, "\\0assay-attack")):
    try:
        socket.socket(family).connect(address)
        print("reached", address)
    except OSError: pass
print("over")`;
      expect(await python(neighbour(), program)).toContain("reached");
      expect(await python(shared(), program)).toBe("over\n");
      await neighbour().exec("pkill -f assay-attac[k]; true");
    },
  );

  it.runIf(capabilities.hasProcesses)("the engine's socket is nowhere in the sandbox", async () => {
    const found = await shared().exec(
      "find / -xdev -type s 2>/dev/null; ls -d /var/run/docker.sock /run/docker.sock /run/podman /run/containerd 2>/dev/null; true",
    );
    expect(text(found.stdout)).toBe("");
  });

  it.runIf(capabilities.hasNetwork)("with a network of its own a sandbox still has no raw access to the host's interfaces", async () => {
    await using sandbox = await start({ network: "bridge" });
    const program = `
import socket
print(*sorted(name for _, name in socket.if_nameindex() if not name.startswith("eth")))
for family in (socket.AF_PACKET, socket.AF_INET):
    try: print("raw", socket.socket(family, socket.SOCK_RAW, 1))
    except OSError: pass`;
    expect(await python(sandbox, program)).toBe("lo\n");
  });
}

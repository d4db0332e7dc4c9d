/** An SSH server of a test's own, on this machine, with keys of its own; and an `ssh` that knows it. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, connect } from "node:net";
import { tmpdir, userInfo } from "node:os";
import { delimiter, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";

export interface LocalSshd extends AsyncDisposable {
  port: number;
  user: string;
  /** Begins with the folder of an `ssh` that is the machine's own with a configuration of the test's. */
  path: string;
  /** Ends all connections, as a network that fails does; new ones are taken. */
  cut(): Promise<void>;
}

const SSHD = "/usr/sbin/sshd";

/** Why there can be none here; undefined where there can. ASSAY_REQUIRE_ENGINES=1 makes it an error. */
export async function whyNoSshd(): Promise<string | undefined> {
  if (process.getuid?.() === 0 && !(await execa("test", ["-x", SSHD], { reject: false })).failed) return undefined;
  const message = "There is no sshd that root may start: scripts/install-test-servers.sh installs one.";
  if (process.env["ASSAY_REQUIRE_ENGINES"] === "1") throw new Error(message);
  console.warn(`SKIPPED: ${message} (ASSAY_REQUIRE_ENGINES=1 makes this a failure.)`);
  return message;
}

export async function localSshd(): Promise<LocalSshd> {
  const folder = await mkdtemp(join(tmpdir(), "assay-sshd-"));
  const port = await freePort();
  const user = userInfo().username;
  const at = (name: string): string => join(folder, name);
  for (const name of ["host", "client"]) await execa("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", at(name)]);
  const { stdout: hostKey } = await execa("cat", [at("host.pub")]);
  const { stdout: clientKey } = await execa("cat", [at("client.pub")]);
  await writeFile(at("known_hosts"), `[127.0.0.1]:${port} ${hostKey}\n`);
  await writeFile(at("authorized_keys"), `${clientKey}\n`, { mode: 0o600 });
  await writeFile(at("ssh_config"), `IdentityFile ${at("client")}\nIdentitiesOnly yes\nUserKnownHostsFile ${at("known_hosts")}\n`);
  await writeFile(
    at("sshd_config"),
    [
      `Port ${port}`,
      "ListenAddress 127.0.0.1",
      `HostKey ${at("host")}`,
      `AuthorizedKeysFile ${at("authorized_keys")}`,
      `PidFile ${at("sshd.pid")}`,
      "PermitRootLogin prohibit-password",
      "PasswordAuthentication no",
      "StrictModes no",
      "UsePAM no",
      "",
    ].join("\n"),
  );
  await mkdir(at("bin"));
  const { stdout: program } = await execa("which", ["ssh"]);
  await writeFile(at("bin/ssh"), `#!/bin/sh\nexec ${program} -F ${at("ssh_config")} "$@"\n`, { mode: 0o755 });
  // Its folder for what it does without rights.
  await mkdir("/run/sshd", { recursive: true });
  const server = spawn(SSHD, ["-D", "-e", "-f", at("sshd_config")], { stdio: "ignore" });
  await listening(server, port);
  return {
    port,
    user,
    path: `${at("bin")}${delimiter}${process.env["PATH"] ?? ""}`,
    async cut() {
      // Each connection has a process of its own below the server.
      await execa("pkill", ["-KILL", "-P", String(server.pid)], { reject: false });
    },
    async [Symbol.asyncDispose]() {
      if (server.exitCode === null) {
        const ended = once(server, "exit");
        server.kill();
        await ended;
      }
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

async function listening(server: ChildProcess, port: number): Promise<void> {
  for (let waitedMs = 0; waitedMs < 10_000; waitedMs += 50) {
    if (server.exitCode !== null) throw new Error(`sshd ended with ${server.exitCode}.`);
    const socket = connect(port, "127.0.0.1");
    const isThere = await new Promise<boolean>((resolve) => {
      socket.once("connect", () => resolve(true));
      socket.once("error", () => resolve(false));
    });
    socket.destroy();
    if (isThere) return;
    await sleep(50);
  }
  throw new Error("sshd does not listen.");
}

/** A Docker daemon on another machine, over TLS and over SSH. */
import { execa } from "execa";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import docker from "../../sandboxes/docker.ts";
import { sandboxSpecSchema, type SandboxDefinition } from "../../src/index.ts";
import { countingTask, onlyRun, project, trialsIn } from "../run/project.ts";
import { text } from "../sandboxes/contract/context.ts";
import { whyNoSshd } from "./local-sshd.ts";
import { overSsh, overTls, remoteDocker, type RemoteDocker } from "./remote-docker.ts";
import { hasEngine } from "./requires.ts";
import { whyNoSecondDocker } from "./second-docker.ts";

const IMAGE = "debian:bookworm-slim";
const spec = sandboxSpecSchema.parse({ image: IMAGE });
const owner = { runId: "remote", trialId: "remote/1/1", attempt: 1 };
const canRun =
  (await hasEngine(docker, "scripts/start-docker.sh")) && (await whyNoSecondDocker()) === undefined && (await whyNoSshd()) === undefined;

describe.runIf(canRun)("a remote Docker daemon", () => {
  const given: { remote?: RemoteDocker } = {};
  const remote = (): RemoteDocker => {
    if (!given.remote) throw new Error("The daemon did not start.");
    return given.remote;
  };
  beforeAll(async () => void (given.remote = await remoteDocker([IMAGE])));
  afterAll(() => given.remote?.[Symbol.asyncDispose]());
  afterEach(() => void vi.unstubAllEnvs());

  it.each<[string, (remote: RemoteDocker) => SandboxDefinition, RegExp]>([
    ["TLS", overTls, /^tcp:\/\/127\.0\.0\.1:\d+$/],
    ["SSH", overSsh, /^ssh:\/\/127\.0\.0\.1:\d+\/\S+$/],
  ])("over %s sandboxes run many commands at once, with input, sessions, files and a verifier", async (_name, reach, host) => {
    const definition = reach(remote());
    expect(await definition.availability()).toMatchObject({ isAvailable: true });
    await using backend = await definition.open();
    await using sandbox = await backend.start(spec, { owner });
    expect(sandbox.applied["host"]).toMatch(host);
    const results = await Promise.all(
      Array.from({ length: 30 }, (_none, index) => sandbox.exec("sleep 0.2; cat", { stdin: `${index}`.repeat(50_000) })),
    );
    expect(results.map(({ stdout }) => text(stdout))).toEqual(results.map((_none, index) => `${index}`.repeat(50_000)));
    await using shell = await sandbox.shell();
    await shell.exec("cd /tmp");
    expect(text((await shell.exec("pwd")).stdout)).toBe("/tmp\n");
    await sandbox.writeFile("big", new Uint8Array(3_000_000).fill(7));
    expect((await sandbox.readFile("big")).length).toBe(3_000_000);
    const verified = await sandbox.verify?.({ command: 'cat "$VERIFIER/given"', files: { given: "graded" } });
    expect(text(verified?.stdout ?? new Uint8Array())).toBe("graded");
  });

  it("over TLS without a certificate, or with another authority's, is one line that says so", async () => {
    const { tls } = remote();
    const said = async (environment: Record<string, string>): Promise<string> => {
      for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
      const found = await docker.availability({ hosts: [tls.address] });
      vi.unstubAllEnvs();
      return found.isAvailable ? "available" : found.reason;
    };
    const TLS = { DOCKER_TLS_VERIFY: "1" };
    const [own, foreign] = [tls.own, tls.foreign];
    expect(await said({ ...TLS, DOCKER_CERT_PATH: own })).toBe("available");
    expect(await said({})).toBe(`Docker at ${tls.address} speaks TLS.`);
    expect(await said({ ...TLS, DOCKER_CERT_PATH: foreign })).toBe(
      `Docker does not answer at ${tls.address} (its certificate is not of an authority that ca.pem or this machine trusts).`,
    );
    expect(await said({ ...TLS, DOCKER_CERT_PATH: "/no/such" })).toBe(
      `Docker does not answer at ${tls.address} (DOCKER_CERT_PATH names a folder that is not there).`,
    );
    await using folder = await project({});
    await execa("cp", [`${own}/ca.pem`, folder.folder]);
    expect(await said({ ...TLS, DOCKER_CERT_PATH: folder.folder })).toBe(
      `Docker does not answer at ${tls.address} (it does not accept this client's certificate, or was shown none).`,
    );
    await execa("cp", ["-r", own, `${folder.folder}/127.0.0.1`]);
    expect(await said({ ...TLS, DOCKER_CERT_PATH: folder.folder })).toBe("available");
  });

  it("over SSH that asks for a password, or leads to no daemon, is one line with ssh's own words", async () => {
    const { ssh } = remote();
    vi.stubEnv("PATH", ssh.sshd.path);
    const nobody = ssh.address.replace(/\/\/\w+@/, "//nobody@");
    expect(await docker.availability({ hosts: [nobody] })).toMatchObject({
      isAvailable: false,
      reason: expect.stringContaining("Permission denied"),
    });
    const nowhere = ssh.address.replace(/docker\.sock$/, "none.sock");
    expect(await docker.availability({ hosts: [nowhere] })).toMatchObject({
      isAvailable: false,
      reason: expect.stringContaining("open failed"),
    });
  });

  it("over SSH a connection that breaks costs what ran on it, and another one is made", async () => {
    const { ssh } = remote();
    const definition = overSsh(remote());
    await using backend = await definition.open();
    await using sandbox = await backend.start(spec, { owner });
    const cut = sandbox.exec("sleep 30").then(
      () => "came to its end",
      (error: Error) => error.name,
    );
    await ssh.sshd.cut();
    expect(await cut).toBe("AssayError");
    await using another = await backend.start(spec, { owner });
    expect(text((await another.exec("echo again")).stdout)).toBe("again\n");
  });

  it("a whole run over SSH ends with nothing left there, and no ssh left here", { timeout: 120_000 }, async () => {
    const { ssh, docker: daemon } = remote();
    const task = countingTask({ count: 4, instance: 'reference: { commands: ["echo a"], answer: String(n) },' });
    await using folder = await project({ "task.ts": task.replace("sandbox: {}", `sandbox: { image: "${IMAGE}" }`) });
    const args = [
      "run",
      "-m",
      "mock/oracle",
      "-t",
      "./task.ts",
      "-H",
      "agent",
      "--sandbox",
      "docker",
      "--docker-host",
      ssh.address,
      "--json",
    ];
    const run = onlyRun(await folder.assay(args, { PATH: ssh.sshd.path }));
    expect(run.counts).toMatchObject({ completed: 4 });
    expect(new Set((await trialsIn(folder, run)).map(({ host }) => host))).toEqual(new Set([ssh.address.replace(/\/\/\w+@/, "//")]));
    expect(await daemon.docker("ps", "--all", "--quiet", "--filter", `label=assay.run=${run.runId}`)).toBe("");
    expect((await execa("pgrep", ["-f", `ssh .*-p ${ssh.sshd.port} `], { reject: false })).stdout).toBe("");
  });
});

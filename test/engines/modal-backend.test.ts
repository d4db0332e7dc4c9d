/** What the Modal backend does where Modal refuses, is slow, breaks or ends a sandbox: played by the stand-in. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import docker from "../../sandboxes/docker.ts";
import { modalSandboxes } from "../../sandboxes/modal.ts";
import { sandboxSpecSchema, type Sandbox, type SandboxBackend, type SandboxSpecInput, type StartOptions } from "../../src/index.ts";
import { startStandIn, type StandIn } from "../modal-standin/stand-in.ts";
import { text } from "../sandboxes/contract/context.ts";
import { hasEngine } from "./requires.ts";

const BASE = "debian:bookworm-slim";

describe.runIf(await hasEngine(docker, "scripts/start-docker.sh"))("the Modal backend", () => {
  const opened: { standIn?: StandIn; backend?: SandboxBackend } = {};
  const standIn = (): StandIn => given(opened.standIn);
  const backend = (): SandboxBackend => given(opened.backend);
  const start = (spec: SandboxSpecInput = {}, options: Partial<StartOptions> = {}): Promise<Sandbox> =>
    backend().start(sandboxSpecSchema.parse({ image: BASE, ...spec }), {
      owner: { runId: "modal-backend", trialId: "modal-backend/a b/1", attempt: 1 },
      ...options,
    });
  beforeAll(async () => {
    opened.standIn = await startStandIn();
    Object.assign(process.env, opened.standIn.environment);
    opened.backend = await modalSandboxes({ limits: { perSecond: 50, burst: 50, patienceMs: 6_000 } }).open();
  });
  afterEach(() => standIn().setFaults({}));
  afterAll(async () => {
    await opened.backend?.[Symbol.asyncDispose]();
    await opened.standIn?.noUnimplementedCalls();
    await opened.standIn?.[Symbol.asyncDispose]();
  });

  it("asks for no network, for a life of the trial's time and some more, and says whose the sandbox is", async () => {
    await using sandbox = await start({}, { lifetimeMs: 60_500 });
    const [seen] = (await standIn().report()).sandboxes;
    expect(seen).toMatchObject({ id: sandbox.id, network: "blocked", timeoutSecs: 61 + 30 * 60 });
    expect(seen?.tags).toMatchObject({ assay: "sandbox", "assay-run": "modal-backend", "assay-trial": "modal-backend_a_b_1" });
    for (const value of Object.values(seen?.tags ?? {})) expect(value).toMatch(/^[\w.-]{1,60}$/);
  });

  it("records what Modal was asked for, what the sandbox sees, what is not enforced and what an hour may cost", async () => {
    await using sandbox = await start({ cpus: 1, memoryMiB: 512 });
    expect(sandbox.applied).toMatchObject({
      image: BASE,
      digest: expect.stringMatching(/^im-/),
      user: "1000:1000",
      switchedBy: "setpriv",
      network: "none",
      cpus: 1,
      memoryMiB: 512,
      hasCapabilities: false,
      hasNoNewPrivileges: true,
      lifetimeMinutes: 90,
      estimatedUsdPerHour: 0.082962,
      estimatedFrom: "list prices of sandboxes at modal.com/pricing, 2026-10-08",
      notEnforced: "pids: Modal has no such limit",
    });
    expect(await sandbox.usage?.()).toMatchObject({ estimatedCostUsd: expect.any(Number) });
  });

  it("asks for an allow-list in Modal's words, and says what that cannot promise", async () => {
    await using sandbox = await start({ network: { allow: ["pypi.org", "*.example.org:443", "203.0.113.7:5432", "[2001:db8::1]"] } });
    expect((await standIn().report()).sandboxes.find(({ id }) => id === sandbox.id)?.network).toEqual({
      allowedCidrs: ["203.0.113.7/32", "2001:db8::1/128"],
      allowedDomains: ["pypi.org", "*.example.org"],
    });
    expect(sandbox.applied).toMatchObject({
      network: "allow pypi.org, *.example.org:443, 203.0.113.7:5432, [2001:db8::1]",
      notEnforced: expect.stringMatching(/the allow-list is Modal's: names by TLS's server name on port 443/),
    });
  });

  it("allows no address where the list has names alone, and no name where it has addresses alone", async () => {
    await using names = await start({ network: { allow: ["pypi.org"] } });
    await using addresses = await start({ network: { allow: ["203.0.113.7"] } });
    const { sandboxes } = await standIn().report();
    expect(sandboxes.find(({ id }) => id === names.id)?.network).toEqual({ allowedCidrs: [], allowedDomains: ["pypi.org"] });
    expect(sandboxes.find(({ id }) => id === addresses.id)?.network).toEqual({ allowedCidrs: ["203.0.113.7/32"], allowedDomains: [] });
  });

  it("refuses a name on another port before anything starts", async () => {
    const spec = sandboxSpecSchema.parse({ image: BASE, network: { allow: ["db.example.org:5432"] } });
    await expect(backend().prepare(spec)).rejects.toMatchObject({
      code: "config/unsupported",
      message: 'Modal\'s allow-list knows names on port 443 alone; the task asks for "db.example.org:5432".',
    });
  });

  it("waits where Modal has no room, says so, and starts when there is some", async () => {
    await standIn().setFaults({ exhaustedCreates: 2 });
    const lines: string[] = [];
    await using sandbox = await start({}, { onProgress: (line) => void lines.push(line) });
    expect(text((await sandbox.exec("echo here")).stdout)).toBe("here\n");
    expect(lines).toEqual(["Waiting for Modal, which has no room for another sandbox yet …"]);
  });

  it("comes again when Modal says when to", async () => {
    await standIn().setFaults({ exhaustedCreates: 1, retryAfterSecs: 0.5 });
    await using sandbox = await start();
    expect((await sandbox.exec("true")).exitCode).toBe(0);
  });

  it("gives up in one line where Modal has no room for long", async () => {
    await standIn().setFaults({ exhaustedCreates: 1_000 });
    await expect(start()).rejects.toMatchObject({
      code: "sandbox/failed",
      message: "Modal has no room for the start of a sandbox: no worker has room for this sandbox",
      hint: expect.stringMatching(/^Run fewer trials at once \(--concurrency\), [^\n]+$/),
    });
  });

  it("keeps to the pace that a workspace is allowed, so that nothing is refused", async () => {
    await standIn().setFaults({ createsPerSecond: 5 });
    const before = (await standIn().report()).refusedCreates;
    await using paced = await modalSandboxes().open();
    await using stack = new AsyncDisposableStack();
    const spec = sandboxSpecSchema.parse({ image: BASE });
    const owner = { runId: "modal-pace", trialId: "modal-pace/1/1", attempt: 1 };
    await paced.prepare(spec);
    const startedAt = performance.now();
    const sandboxes = await Promise.all(Array.from({ length: 8 }, () => paced.start(spec, { owner })));
    for (const sandbox of sandboxes) stack.use(sandbox);
    expect(performance.now() - startedAt).toBeGreaterThan(1_000);
    // A start that a loaded machine holds back meets the next ones.
    expect((await standIn().report()).refusedCreates - before).toBeLessThanOrEqual(2);
  });

  it("goes on where a router's token has run out", async () => {
    await using sandbox = await start();
    await standIn().setFaults({ unauthenticatedRouterCalls: 1 });
    expect(text((await sandbox.exec("echo on")).stdout)).toBe("on\n");
  });

  it("says sandbox/gone in the middle of a command when the sandbox dies, and afterwards", async () => {
    await using sandbox = await start();
    const running = sandbox.exec("sleep 60").catch((error: unknown) => error);
    await new Promise((resolve) => setTimeout(resolve, 500));
    await standIn().kill(sandbox.id);
    expect(await running).toMatchObject({ code: "sandbox/gone" });
    await expect(sandbox.exec("true")).rejects.toMatchObject({ code: "sandbox/gone" });
    expect(await sandbox.isAlive?.()).toBe(false);
  });

  it("leaves nothing behind when a start is aborted at any moment", async () => {
    const reasons: string[] = [];
    for (const afterMs of [0, 20, 60, 120, 250, 400]) {
      const controller = new AbortController();
      setTimeout(() => controller.abort(new Error("stopped")), afterMs);
      try {
        await using sandbox = await start({}, { signal: controller.signal });
        await sandbox.exec("true");
      } catch (error) {
        reasons.push(String(error));
      }
    }
    expect(new Set(reasons)).toEqual(new Set(["Error: stopped"]));
    await expect.poll(async () => (await standIn().report()).sandboxes, { timeout: 10_000 }).toEqual([]);
  });

  it("ends a sandbox that comes after nobody waits for it any more, before the backend is closed", async () => {
    await standIn().setFaults({ createDelayMs: 1_500 });
    {
      await using slow = await modalSandboxes().open();
      const owner = { runId: "modal-late", trialId: "modal-late/1/1", attempt: 1 };
      const late = slow.start(sandboxSpecSchema.parse({ image: BASE }), { owner, signal: AbortSignal.timeout(1_000) });
      await expect(late).rejects.toThrow("timeout");
    }
    expect((await standIn().report()).sandboxes).toEqual([]);
  });

  it("keeps a command that is longer than Modal takes where nobody finds it, and removes it afterwards", async () => {
    await using sandbox = await start();
    const long = `x=${"y".repeat(100_000)}; echo \${#x}; ls /.assay; cat /.assay/* 2>/dev/null | wc -c`;
    const result = await sandbox.exec(long);
    expect(text(result.stdout)).toBe("100000\n0\n");
    expect(text(result.stderr)).toMatch(/Permission denied/);
    expect(text((await sandbox.exec("ls -A /.assay /.assay/new", { user: "root" })).stdout)).toBe("/.assay:\nnew\n\n/.assay/new:\n");
  });

  it("lets nobody else read what a command is given, however long", async () => {
    await using sandbox = await start();
    // A program of another user, who sees the names of all files in the list of processes.
    const named = "cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' '\\n' | grep -ao '/.assay/[0-9a-f]*' | sort -u";
    const watch = `for i in $(seq 40); do cat $(${named}) /dev/null 2>/dev/null | grep -o hush; sleep 0.05; done`;
    const watching = sandbox.exec(watch, { user: "4321:4321" });
    await sandbox.exec("sleep 1", { env: { LONG: "x".repeat(20_000), SECRET: "hush" } });
    expect(text((await watching).stdout)).toBe("");
  });

  it("runs as root where the spec says so, and says what that means for a score", async () => {
    await using sandbox = await start({ user: "root", capabilities: "default" });
    expect(sandbox.applied).toMatchObject({ user: "0:0", hasCapabilities: true, hasNoNewPrivileges: true });
    expect(text((await sandbox.exec('id -u; echo "$HOME"')).stdout)).toBe("0\n/root\n");
    const graded = await sandbox.verify?.({ command: "id -u" });
    expect([graded?.user, graded?.notes]).toEqual(["61000:0", [expect.stringMatching(/^The agent was root/)]]);
  });

  it("says that the spec's user is not there, and leaves no sandbox", async () => {
    await expect(start({ user: "no-such-user" })).rejects.toMatchObject({
      code: "sandbox/failed",
      message: `Modal could not start a sandbox from ${BASE}: unable to find user no-such-user.`,
    });
    expect((await standIn().report()).sandboxes).toEqual([]);
  });

  it("prunes nothing of anybody else's, in the same app or without an owner", async () => {
    const { ModalClient } = await import("modal");
    const client = new ModalClient({ logLevel: "error" });
    const app = await client.apps.fromName("assay", { createIfMissing: true });
    const image = client.images.fromRegistry(BASE);
    const others = await Promise.all(
      [{ team: "others" }, { assay: "the team that makes assays" }, { assay: "sandbox" }].map((tags) =>
        client.sandboxes.create(app, image, { tags }),
      ),
    );
    await using own = await start();
    const { removed, kept } = await backend().prune();
    expect(removed).toEqual([]);
    expect(kept.map(({ id }) => id)).toContain(own.id);
    const running = (await standIn().report()).sandboxes.map(({ id }) => id);
    expect(running).toEqual(expect.arrayContaining(others.map(({ sandboxId }) => sandboxId)));
    for (const other of others) {
      await other.terminate();
      other.detach();
    }
    client.close();
  });

  describe("with a Dockerfile", () => {
    const folders: string[] = [];
    const dockerfile = async (content: string): Promise<string> => {
      const folder = await mkdtemp(join(tmpdir(), "assay-modal-"));
      folders.push(folder);
      await writeFile(join(folder, "Dockerfile"), content);
      return folder;
    };
    afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true }))));

    it("builds it, ignores its entrypoint, and switches users by su where there is no setpriv", async () => {
      const lines = [
        `FROM ${BASE}`,
        "ENV COLOUR=blue",
        "RUN rm /usr/bin/setpriv && echo made > /made.txt",
        'ENTRYPOINT ["false"]',
        "USER 4242",
      ];
      await using sandbox = await start({ dockerfile: await dockerfile(lines.join("\n")) });
      expect(sandbox.applied).toMatchObject({ user: "1000:1000", switchedBy: "su", hasCapabilities: false });
      const result = await sandbox.exec('id -u; id -g; echo "$HOME $COLOUR $GIVEN"; cat /made.txt; exit 3', { env: { GIVEN: "a b" } });
      expect([text(result.stdout), result.exitCode]).toEqual(["1000\n1000\n/home/agent blue a b\nmade\n", 3]);
      expect(text((await sandbox.exec("id -u; id -g", { user: "1234:4321" })).stdout)).toBe("1234\n4321\n");
      expect((await sandbox.exec("sleep 30 & sleep 30", { timeoutMs: 500 })).timedOut).toBe(true);
      const verified = await sandbox.verify?.({ command: 'id -u; cat "$VERIFIER/key"', files: { key: "18\n" } });
      expect(text(verified?.stdout ?? new Uint8Array())).toBe("61000\n18\n");
    });

    it("says in one line which step of it failed, and builds it the next time", async () => {
      const spec = sandboxSpecSchema.parse({ dockerfile: await dockerfile(`FROM ${BASE}\nRUN echo built\n`) });
      await standIn().setFaults({ failedBuilds: 1 });
      await expect(backend().prepare(spec)).rejects.toMatchObject({
        code: "sandbox/image",
        message: expect.stringMatching(/^Modal could not build image "assay-modal-\w+": the builder was told to fail$/),
        hint: expect.stringContaining("docker build"),
      });
      await standIn().setFaults({});
      expect(await backend().prepare(spec)).toMatchObject({ digest: expect.stringMatching(/^im-/) });
    });

    it("refuses files beside it in one line", async () => {
      const spec = sandboxSpecSchema.parse({ dockerfile: await dockerfile(`FROM ${BASE}\n\nCOPY data.txt /\n`) });
      await expect(backend().prepare(spec)).rejects.toMatchObject({
        code: "sandbox/image",
        message: expect.stringMatching(/line 3: COPY of files beside it cannot be built on Modal, which is not sent them\.$/),
      });
    });
  });

  it("says in one line that an image cannot be had", async () => {
    await expect(backend().prepare(sandboxSpecSchema.parse({ image: "no-such-image-anywhere:1" }))).rejects.toMatchObject({
      code: "sandbox/image",
      message: expect.stringMatching(/^Modal could not build image "no-such-image-anywhere:1": [^\n]+$/),
    });
  });
});

function given<T>(value: T | undefined): T {
  if (value === undefined) throw new Error("It did not open; see the failure of beforeAll.");
  return value;
}

import { expect, it } from "vitest";
import { text, type ContractContext } from "./context.ts";

export function isolationBehaviours({ shared, start, backend, when }: ContractContext): void {
  it("shows a sandbox nothing of another's files", async () => {
    await using first = await start();
    await using second = await start();
    expect(first.id).not.toBe(second.id);
    await first.writeFile("/tmp/secret.txt", "first");
    await first.exec("echo x > mine.txt");
    expect(text((await second.exec("ls /tmp/secret.txt mine.txt 2>/dev/null; echo listed")).stdout)).toBe("listed\n");
  });

  it("shows nothing of the host's environment", async () => {
    process.env["ASSAY_CONTRACT_SECRET"] = "host-only-value";
    try {
      await using sandbox = await start();
      expect(text((await sandbox.exec("env; set; cat /proc/self/environ 2>/dev/null; true")).stdout)).not.toContain("host-only-value");
    } finally {
      delete process.env["ASSAY_CONTRACT_SECRET"];
    }
  });

  it("shows nothing of the host's file system", async () => {
    const result = await shared().exec(["cat", import.meta.filename]);
    expect(result.exitCode).not.toBe(0);
  });

  it("starts in the work folder of the spec, empty and writable", async () => {
    await using sandbox = await start({ workdir: "/srv/job" });
    expect(sandbox.workdir).toBe("/srv/job");
    expect(text((await sandbox.exec("pwd; ls -A; echo x > new.txt && cat new.txt")).stdout)).toBe("/srv/job\nx\n");
  });

  when("hasPython")("has no network unless the spec asks for one", async () => {
    const code =
      'import socket\ntry:\n    socket.create_connection(("1.1.1.1", 80), 2)\n    print("connected")\nexcept Exception:\n    print("refused")';
    expect(text((await shared().exec(["python3", "-c", code])).stdout)).toBe("refused\n");
  });

  it("says what was applied as plain data", async () => {
    const { applied } = shared();
    expect(JSON.parse(JSON.stringify(applied))).toEqual(applied);
  });

  it("can be disposed of twice, and throws sandbox/gone afterwards", async () => {
    const sandbox = await start();
    const shell = await sandbox.shell();
    await sandbox[Symbol.asyncDispose]();
    await sandbox[Symbol.asyncDispose]();
    await shell[Symbol.asyncDispose]();
    for (const use of [
      () => sandbox.exec("true"),
      () => sandbox.shell(),
      () => shell.exec("true"),
      () => sandbox.readFile("/tmp/x"),
      () => sandbox.writeFile("/tmp/x", "x"),
      () => sandbox.download("/tmp"),
    ]) {
      await expect(use()).rejects.toMatchObject({ code: "sandbox/gone" });
    }
  });

  it("ends a running command with sandbox/gone when it is disposed of", async () => {
    const sandbox = await start();
    const failure = sandbox.exec("while :; do :; done").catch((error: unknown) => error);
    await new Promise((resolve) => setTimeout(resolve, 200));
    await sandbox[Symbol.asyncDispose]();
    expect(await failure).toMatchObject({ code: "sandbox/gone" });
  });

  it("does not start under a signal that is already aborted", async () => {
    await expect(start({}, AbortSignal.abort(new Error("stopped")))).rejects.toThrow("stopped");
  });

  it("leaves a living sandbox alone when it prunes", async () => {
    await using sandbox = await start();
    const pruned = await backend().prune();
    expect(pruned.removed).not.toContain(sandbox.id);
    expect((await sandbox.exec("true")).exitCode).toBe(0);
  });
}

import fc from "fast-check";
import { expect, it } from "vitest";
import { text, type ContractContext } from "./context.ts";

export function commandBehaviours({ shared, start, when }: ContractContext): void {
  it("runs a string with a shell", async () => {
    const result = await shared().exec("echo one; echo two | tr a-z A-Z");
    expect({ ...result, stdout: text(result.stdout), stderr: text(result.stderr) }).toMatchObject({
      stdout: "one\nTWO\n",
      stderr: "",
      exitCode: 0,
      timedOut: false,
      truncated: false,
      droppedBytes: 0,
    });
    expect(result.durationMs).toBeGreaterThanOrEqual(0);
  });

  it("reports every exit code from 0 to 255", { timeout: 300_000 }, async () => {
    for (let first = 0; first < 256; first += 16) {
      const codes = Array.from({ length: 16 }, (_, index) => first + index);
      const results = await Promise.all(codes.map((code) => shared().exec(code % 2 === 0 ? `exit ${code}` : ["sh", "-c", `exit ${code}`])));
      expect(results.map(({ exitCode }) => exitCode)).toEqual(codes);
    }
  });

  it("keeps stdout and stderr apart", async () => {
    const result = await shared().exec("echo out; echo err >&2; echo out2; echo err2 1>&2; exit 3");
    expect([text(result.stdout), text(result.stderr), result.exitCode]).toEqual(["out\nout2\n", "err\nerr2\n", 3]);
  });

  it("answers an unknown command with 127 and a word on stderr", async () => {
    const result = await shared().exec("no-such-command-here");
    expect(result.exitCode).toBe(127);
    expect(text(result.stderr)).toContain("no-such-command-here");
  });

  it("answers a syntax error with a failure, not with an exception", async () => {
    const result = await shared().exec("if then fi (");
    expect(result.exitCode).not.toBe(0);
    expect(result.stderr.length).toBeGreaterThan(0);
  });

  it("returns a large output whole", async () => {
    const result = await shared().exec("seq 1 200000");
    const expected = Array.from({ length: 200_000 }, (_, index) => `${index + 1}\n`).join("");
    expect(text(result.stdout) === expected).toBe(true);
    expect(result.truncated).toBe(false);
  });

  it("adds no newline to output that lacks one, and keeps several", async () => {
    expect(text((await shared().exec("printf abc")).stdout)).toBe("abc");
    expect(text((await shared().exec("printf 'abc\\n\\n\\n'")).stdout)).toBe("abc\n\n\n");
    expect(text((await shared().exec("true")).stdout)).toBe("");
  });

  it("hands every piece of output to onOutput", async () => {
    const pieces = { stdout: [] as Uint8Array[], stderr: [] as Uint8Array[] };
    const result = await shared().exec("seq 1 5000; echo err >&2; echo end", {
      onOutput: (stream, bytes) => pieces[stream].push(bytes.slice()),
    });
    expect(Buffer.concat(pieces.stdout).equals(result.stdout)).toBe(true);
    expect(Buffer.concat(pieces.stderr).equals(result.stderr)).toBe(true);
  });

  it("gives stdin to the command, and an empty one by default", async () => {
    expect(text((await shared().exec("cat", { stdin: "línea 1\nlast" })).stdout)).toBe("línea 1\nlast");
    expect(text((await shared().exec("cat", { stdin: new TextEncoder().encode("bytes") })).stdout)).toBe("bytes");
    expect(text((await shared().exec("cat; echo end")).stdout)).toBe("end\n");
  });

  it("takes a megabyte of stdin", async () => {
    const stdin = "0123456789abcde\n".repeat(65_536);
    expect(text((await shared().exec("wc -c", { stdin })).stdout).trim()).toBe("1048576");
  });

  it("does not fail when the command leaves its stdin unread", async () => {
    expect((await shared().exec("exit 5", { stdin: "x".repeat(500_000) })).exitCode).toBe(5);
  });

  when("isBinarySafe")("passes bytes that are not UTF-8 from stdin to stdout", async () => {
    const stdin = Uint8Array.from({ length: 4096 }, (_, index) => (index * 7) % 256);
    expect((await shared().exec("cat", { stdin })).stdout).toEqual(new Uint8Array(stdin));
  });

  it("passes environment variables with odd characters unchanged", async () => {
    const env = { ODD: "a b'c\"d$HOME`id`\\n\n*;é漢🙂", EMPTY: "", lower_1: "=x=" };
    const result = await shared().exec('printf "%s|%s|%s" "$ODD" "$EMPTY" "$lower_1"', { env });
    expect(text(result.stdout)).toBe(`${env.ODD}||=x=`);
  });

  it("gives the spec's environment to every command, and a command's own wins", async () => {
    await using sandbox = await start({ env: { COLOUR: "blue", SIZE: "small" } });
    const result = await sandbox.exec('echo "$COLOUR $SIZE"', { env: { SIZE: "large" } });
    expect(text(result.stdout)).toBe("blue large\n");
    expect(text((await sandbox.exec('echo "$SIZE"')).stdout)).toBe("small\n");
  });

  it("starts in the work folder, or in the given folder, absolute or relative", async () => {
    const sandbox = shared();
    await sandbox.exec("mkdir -p 'cwd test/inner'");
    expect(text((await sandbox.exec("pwd")).stdout)).toBe(`${sandbox.workdir}\n`);
    expect(text((await sandbox.exec("pwd", { cwd: "/tmp" })).stdout)).toBe("/tmp\n");
    expect(text((await sandbox.exec("pwd", { cwd: "cwd test/inner" })).stdout)).toBe(`${sandbox.workdir}/cwd test/inner\n`);
  });

  it("runs an array without a shell: any argument arrives as it is", async () => {
    const argument = fc.string({ unit: "grapheme", maxLength: 40 }).filter((value) => !value.includes("\0"));
    const nasty = ["", " ", "'", '"', "$HOME", "`id`", "$(id)", "\\", "a\nb", "*", "~", "-n", "--", "|", ";", "&", "!", "#x", "{a,b}"];
    await fc.assert(
      fc.asyncProperty(fc.array(fc.oneof(argument, fc.constantFrom(...nasty)), { minLength: 1, maxLength: 8 }), async (given) => {
        const result = await shared().exec(["printf", "<%s>\\n", ...given]);
        expect(text(result.stdout)).toBe(given.map((value) => `<${value}>\n`).join(""));
      }),
      { numRuns: 25 },
    );
  });

  it("passes the environment, folder and stdin to an array, too", async () => {
    expect(text((await shared().exec(["cat"], { stdin: "in" })).stdout)).toBe("in");
    expect(text((await shared().exec(["printenv", "KEY"], { env: { KEY: "a  b" } })).stdout)).toBe("a  b\n");
    expect(text((await shared().exec(["pwd"], { cwd: "/tmp" })).stdout)).toBe("/tmp\n");
  });

  it("gives concurrent commands each their own output", async () => {
    const numbers = Array.from({ length: 12 }, (_, index) => index);
    const results = await Promise.all(numbers.map((n) => shared().exec(`echo start ${n}; sleep 0.02; echo end ${n}; exit ${n}`)));
    expect(results.map((result) => [text(result.stdout), result.exitCode])).toEqual(numbers.map((n) => [`start ${n}\nend ${n}\n`, n]));
  });

  when("hasProcesses")("does not wait for a background process that gave up its output", async () => {
    const result = await shared().exec("sleep 20 >/dev/null 2>&1 & echo started");
    expect(text(result.stdout)).toBe("started\n");
    expect(result.durationMs).toBeLessThan(10_000);
  });

  when("canSwitchUser")("runs as a non-root user unless told otherwise", async () => {
    expect(text((await shared().exec("id -u")).stdout).trim()).not.toBe("0");
    expect(text((await shared().exec("id -u", { user: "root" })).stdout).trim()).toBe("0");
  });
}

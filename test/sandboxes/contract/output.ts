import { expect, it } from "vitest";
import { digest, text, type ContractContext } from "./context.ts";

const MEGABYTE = 1_000_000;

/** What `yes LINE | head -c BYTES` prints. */
function repeated(line: string, bytes: number): Uint8Array {
  return Buffer.alloc(bytes, `${line}\n`);
}

export function outputBehaviours({ shared, when }: ContractContext): void {
  when("hasProcesses", "isBinarySafe")("returns 50 MB on each of both streams, every byte", { timeout: 120_000 }, async () => {
    const result = await shared().exec(
      "yes 0123456789abcde | head -c 50000000 & yes zyxwvutsrqponml | head -c 50000000 >&2; wait; exit 3",
      {
        maxOutputBytes: 100 * MEGABYTE,
      },
    );
    expect([result.exitCode, result.truncated, result.droppedBytes]).toEqual([3, false, 0]);
    expect(digest(result.stdout)).toBe(digest(repeated("0123456789abcde", 50 * MEGABYTE)));
    expect(digest(result.stderr)).toBe(digest(repeated("zyxwvutsrqponml", 50 * MEGABYTE)));
  });

  when("hasProcesses")("does not keep in memory what goes beyond maxOutputBytes", { timeout: 120_000 }, async () => {
    const usedBytes = (): number => process.memoryUsage().rss;
    const before = usedBytes();
    let peakBytes = 0;
    const result = await shared().exec("head -c 200000000 /dev/zero", {
      maxOutputBytes: 1000,
      onOutput: () => void (peakBytes = Math.max(peakBytes, usedBytes() - before)),
    });
    expect([result.stdout.length, result.droppedBytes]).toEqual([1000, 200 * MEGABYTE - 1000]);
    expect(peakBytes / MEGABYTE).toBeLessThan(120);
  });

  when("hasProcesses")("counts exactly what it drops while both streams print at once", async () => {
    const result = await shared().exec("seq 1 100000 & seq 1 50000 >&2; wait", { maxOutputBytes: 300_000 });
    expect(result.stdout.length + result.stderr.length).toBe(300_000);
    expect(result.droppedBytes).toBe(588_895 + 288_894 - 300_000);
  });

  it("keeps nothing where maxOutputBytes is 0, and counts it", async () => {
    const result = await shared().exec("printf 123; printf 45 >&2; exit 6", { maxOutputBytes: 0 });
    expect([result.stdout.length, result.stderr.length, result.droppedBytes, result.truncated, result.exitCode]).toEqual([
      0,
      0,
      5,
      true,
      6,
    ]);
  });

  when("hasProcesses", "isBinarySafe")("returns bytes that are not UTF-8, and NUL bytes, on both streams", async () => {
    const everyByte = Array.from({ length: 256 }, (_, index) => `\\${index.toString(8).padStart(3, "0")}`).join("");
    const result = await shared().exec(`printf '${everyByte}'; printf '\\377\\376\\000\\200\\000' >&2`);
    expect([...result.stdout]).toEqual(Array.from({ length: 256 }, (_, index) => index));
    expect([...result.stderr]).toEqual([255, 254, 0, 128, 0]);
  });

  when("hasProcesses", "isBinarySafe")("returns a character whose bytes come apart in time", async () => {
    const result = await shared().exec("printf '\\342'; sleep 0.1; printf '\\202'; sleep 0.1; printf '\\254'");
    expect(text(result.stdout)).toBe("€");
  });

  when("isBinarySafe")("takes nothing in the output for a frame of its own", async () => {
    const header = "\\001\\000\\000\\000\\000\\000\\000\\005";
    const result = await shared().exec(`printf '${header}hello${header}'; printf '\\002\\000\\000\\000\\377\\377\\377\\377' >&2; exit 8`);
    expect([result.stdout.length, result.stderr.length, result.exitCode]).toEqual([21, 8, 8]);
  });

  it("returns carriage returns, backspaces and terminal escapes as they are", async () => {
    const printed = "50%\r100%\r\n\u001b[31mred\u001b[0m\u0007 a\bb \u001b]0;title\u0007\u001b[2J\f\v";
    expect(text((await shared().exec(["printf", "%s", printed])).stdout)).toBe(printed);
    await shared().writeFile("/tmp/escapes.txt", printed);
    expect(text((await shared().exec("cat /tmp/escapes.txt >&2")).stderr)).toBe(printed);
  });

  it("returns one line of 5 MB", async () => {
    await shared().writeFile("/tmp/one-line.txt", "x".repeat(5 * MEGABYTE));
    const result = await shared().exec("cat /tmp/one-line.txt");
    expect(digest(result.stdout)).toBe(digest(Buffer.alloc(5 * MEGABYTE, "x")));
  });

  it("keeps the order of what one stream was given", async () => {
    const result = await shared().exec("i=0; while [ $i -lt 300 ]; do echo o$i; echo e$i >&2; i=$((i + 1)); done");
    const lines = (letter: string): string => Array.from({ length: 300 }, (_, index) => `${letter}${index}\n`).join("");
    expect([text(result.stdout), text(result.stderr)]).toEqual([lines("o"), lines("e")]);
  });

  it("keeps blanks, tabs, blank lines and a carriage return at the end", async () => {
    for (const printed of [" ", "a ", "a\t\n \n", "\n\n", "a\r\n", "\n a"]) {
      expect(text((await shared().exec(["printf", "%s", printed])).stdout)).toBe(printed);
    }
  });

  when("isBinarySafe")("keeps a byte order mark", async () => {
    await shared().writeFile("/tmp/bom.txt", "\ufeffmarked");
    expect([...(await shared().exec("cat /tmp/bom.txt")).stdout].slice(0, 3)).toEqual([0xef, 0xbb, 0xbf]);
  });

  it("gives characters beyond ASCII whole, also on stderr", async () => {
    const result = await shared().exec("echo 'é漢🙂𝒳 e\u0301'; echo 'ñ‮🏳️‍🌈' >&2");
    expect([text(result.stdout), text(result.stderr)]).toEqual(["é漢🙂𝒳 e\u0301\n", "ñ‮🏳️‍🌈\n"]);
  });

  when("hasProcesses")("hands output to onOutput while the command still runs", async () => {
    const startedAt = performance.now();
    const seenAt: Record<string, number> = {};
    const result = await shared().exec("echo first; sleep 1; echo second >&2", {
      onOutput: (stream) => void (seenAt[stream] ??= performance.now() - startedAt),
    });
    expect((seenAt["stderr"] ?? 0) - (seenAt["stdout"] ?? 0)).toBeGreaterThan(700);
    expect(result.durationMs).toBeGreaterThan(950);
  });

  it("gives onOutput pieces that stay what they were", async () => {
    const pieces: Uint8Array[] = [];
    const result = await shared().exec("seq 1 20000", { onOutput: (_stream, bytes) => void pieces.push(bytes) });
    await shared().exec("seq 20001 30000");
    expect(digest(Buffer.concat(pieces))).toBe(digest(result.stdout));
  });
}

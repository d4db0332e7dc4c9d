import { expect, it } from "vitest";
import { digest, someBytes, text, type ContractContext } from "./context.ts";

/** Every character that an argument, a variable or a file name can hold, up to 0x7F, and some beyond. */
const ASCII = Array.from({ length: 0x7f }, (_, index) => String.fromCharCode(index + 1));
const BEYOND = ["\u0080", "\u00a0", "é", "ÿ", "Ā", "\u0301", "ß", "漢", "\u200d", "\u2028", "\ufeff", "\ufffd", "🙂", "𝒳", "\u{10ffff}"];
const CHARACTERS = [...ASCII, ...BEYOND];

/** Names that a shell wrapped around the command may well use for itself. */
const COMMON_NAMES =
  "command piece status code mark tag line folder stat cwd pid own sessions family key value file first out err in fd lane id n i k x a b c s t r args argv env name path result done count size bytes user token round assay _x A1 lower_1";

export function inputBehaviours({ shared, start, when }: ContractContext): void {
  it("passes an argument of every character from 0x01 to 0x7F and beyond, together and each alone", async () => {
    const together = await shared().exec(["printf", "%s", CHARACTERS.join("")]);
    expect(text(together.stdout)).toBe(CHARACTERS.join(""));
    const alone = await shared().exec(["printf", "<%s>", ...CHARACTERS]);
    expect(text(alone.stdout)).toBe(CHARACTERS.map((character) => `<${character}>`).join(""));
  });

  it("passes a variable of every character from 0x01 to 0x7F and beyond, together and each alone", async () => {
    const alone = Object.fromEntries(CHARACTERS.map((character, index) => [`V${index}`, character]));
    const printed = CHARACTERS.map((_, index) => `"$V${index}"`).join(" ");
    const result = await shared().exec(`printf %s "$ALL"; printf '<%s>' ${printed}`, { env: { ...alone, ALL: CHARACTERS.join("") } });
    expect(text(result.stdout)).toBe(CHARACTERS.join("") + CHARACTERS.map((character) => `<${character}>`).join(""));
  });

  it("runs a command line that holds every character but NUL in quotes", async () => {
    const quoted = CHARACTERS.map((character) => (character === "'" ? `"'"` : `'${character}'`)).join("");
    expect(text((await shared().exec(`printf %s ${quoted}`)).stdout)).toBe(CHARACTERS.join(""));
  });

  it("leaves variables alone, whatever their names", async () => {
    const names = COMMON_NAMES.split(" ");
    const env = Object.fromEntries(names.map((name) => [name, `value of ${name}`]));
    const expected = names.map((name) => `value of ${name}\n`).join("");
    const script = names.map((name) => `echo "$${name}"`).join("; ");
    expect(text((await shared().exec(script, { env })).stdout)).toBe(expected);
    expect(text((await shared().exec(["sh", "-c", script], { env })).stdout)).toBe(expected);
  });

  it("passes 500 variables and a long one", async () => {
    const env = Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`VARIABLE_${index}`, `value ${index}`]));
    const result = await shared().exec('echo "$VARIABLE_0 $VARIABLE_499 ${#LONG}"', { env: { ...env, LONG: "x".repeat(100_000) } });
    expect(text(result.stdout)).toBe("value 0 value 499 100000\n");
  });

  when("hasProcesses")("finds programs by the command's own PATH", async () => {
    await shared().writeFile("/tmp/own-bin/own-tool", "#!/bin/sh\necho own\n", { mode: 0o755 });
    const env = { PATH: "/tmp/own-bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" };
    expect(text((await shared().exec("own-tool", { env })).stdout)).toBe("own\n");
    expect(text((await shared().exec(["own-tool"], { env })).stdout)).toBe("own\n");
    expect((await shared().exec("own-tool")).exitCode).toBe(127);
  });

  it("ends a command's variables, folder, umask and functions with the command", async () => {
    await shared().exec("cd /; export LEFT=behind; umask 077; set -f; left() { :; }");
    const result = await shared().exec('pwd; echo "[$LEFT]"; echo /tm*; left; echo $?');
    const [folder, variable, found, status] = text(result.stdout).split("\n");
    expect([folder, variable, found, status]).toEqual([shared().workdir, "[]", "/tmp", "127"]);
    await shared().exec("rm -f umask.txt; echo > umask.txt");
    expect(text((await shared().exec("stat -c %a umask.txt")).stdout)).toBe("644\n");
  });

  it("keeps quotes within quotes", async () => {
    const inner = `printf '%s|' "a b" 'it'"'"'s' \\$HOME "\\"x\\""`;
    const nested = `sh -c ${quote(`sh -c ${quote(inner)}`)}`;
    expect(text((await shared().exec(nested)).stdout)).toBe('a b|it\'s|$HOME|"x"|');
  });

  it("runs here-documents, comments at the end and continued lines", async () => {
    const command = "cat <<'END'\n$HOME 'quoted' \\\nEND\necho one \\\n  two # a comment";
    expect(text((await shared().exec(command)).stdout)).toBe("$HOME 'quoted' \\\none two\n");
  });

  it("runs a command line of 130,000 characters, more than one argument may have", async () => {
    const result = await shared().exec(`printf '%s' '${"x".repeat(130_000)}' | wc -c; exit 4`);
    expect([text(result.stdout).trim(), result.exitCode]).toEqual(["130000", 4]);
  });

  when("hasProcesses")("runs a command line of 1,200,000 characters", { timeout: 60_000 }, async () => {
    const result = await shared().exec(`printf '%s' '${"x".repeat(1_200_000)}' | wc -c; exit 4`);
    expect([text(result.stdout).trim(), result.exitCode]).toEqual(["1200000", 4]);
  });

  it("passes an argument of 120 KB", async () => {
    const argument = "é y".repeat(30_000);
    expect(digest((await shared().exec(["printf", "%s", argument])).stdout)).toBe(digest(Buffer.from(argument)));
  });

  it("does nothing for an empty command, and fails for a program without a name", async () => {
    for (const command of ["", " \n\t", "# only a comment"]) {
      const result = await shared().exec(command);
      expect([result.exitCode, result.stdout.length, result.stderr.length]).toEqual([0, 0, 0]);
    }
    expect((await shared().exec([""])).exitCode).not.toBe(0);
  });

  it("passes empty arguments, and as many as there are", async () => {
    expect(text((await shared().exec(["printf", "<%s>", "", "a", "", ""])).stdout)).toBe("<><a><><>");
    const many = Array.from({ length: 3000 }, (_, index) => String(index));
    expect(text((await shared().exec(["printf", "%s ", ...many])).stdout)).toBe(`${many.join(" ")} `);
  });

  it.each([
    ["a command line", (nul: string) => shared().exec(`echo a${nul}b`)],
    ["an argument", (nul: string) => shared().exec(["echo", `a${nul}b`])],
    ["a variable", (nul: string) => shared().exec("true", { env: { NUL: `a${nul}b` } })],
  ])("answers a NUL in %s, which no program can be given, with a failure of the command", async (_where, run) => {
    expect((await run("\0")).exitCode).not.toBe(0);
    expect((await shared().exec("true")).exitCode).toBe(0);
  });

  it.each([
    ["does not exist", "/not/here"],
    ["is a file", "/tmp/a-file"],
  ])("answers a folder that %s with a failure of the command that names it", async (_what, cwd) => {
    await shared().writeFile("/tmp/a-file", "");
    const result = await shared().exec("echo never", { cwd });
    expect([result.exitCode === 0, text(result.stdout)]).toEqual([false, ""]);
    expect(text(result.stderr)).toContain(cwd);
  });

  it("starts in a folder of any name", async () => {
    for (const name of ["a b", "it's", 'quo"te', "$HOME", "new\nline", "-n", "漢字 🙂", "back\\slash"]) {
      const folder = `/tmp/folders/${name}`;
      await shared().writeFile(`${folder}/here.txt`, name);
      expect(text((await shared().exec("cat here.txt", { cwd: folder })).stdout)).toBe(name);
    }
  });

  it("answers a work folder that is gone with failures, and works in others", async () => {
    await using sandbox = await start({ workdir: "/tmp/job" });
    await sandbox.exec("rm -rf /tmp/job", { cwd: "/" });
    const result = await sandbox.exec("echo never");
    expect([result.exitCode === 0, text(result.stdout), text(result.stderr).includes("/tmp/job")]).toEqual([false, "", true]);
    await sandbox.writeFile("/tmp/job/back.txt", "back");
    expect(text((await sandbox.exec("cat back.txt")).stdout)).toBe("back");
  });

  when("isBinarySafe")("takes 2 MB of any bytes on stdin, every byte", async () => {
    const stdin = someBytes(2_000_000);
    await shared().exec("cat > /tmp/from-stdin.bin", { stdin });
    expect(digest(await shared().readFile("/tmp/from-stdin.bin"))).toBe(digest(stdin));
    expect(digest((await shared().exec(["cat"], { stdin })).stdout)).toBe(digest(stdin));
  });

  it("takes 2 MB of text on stdin, every byte", async () => {
    const stdin = "línea con ñ y 🙂\n".repeat(100_000);
    expect(digest((await shared().exec("cat", { stdin })).stdout)).toBe(digest(Buffer.from(stdin)));
  });

  when("hasProcesses")("takes a stdin while it gives as much output, beyond what pipes hold", async () => {
    const stdin = Buffer.from("0123456789abcde\n".repeat(250_000));
    const result = await shared().exec("tee /dev/stderr", { stdin });
    expect([digest(result.stdout), digest(result.stderr)]).toEqual([digest(stdin), digest(stdin)]);
  });

  it("takes an empty stdin for none, and one that is read in part", async () => {
    expect(text((await shared().exec("cat; echo end", { stdin: "" })).stdout)).toBe("end\n");
    expect(text((await shared().exec("head -n 1", { stdin: "one\ntwo\n".repeat(50_000) })).stdout)).toBe("one\n");
    expect(text((await shared().exec("read -r line; printf '<%s>' \"$line\"", { stdin: "  one \\n\ntwo\n" })).stdout)).toBe("<one \\n>");
  });

  when("isBinarySafe")("takes a stdin of NUL bytes only", async () => {
    expect([...(await shared().exec("cat", { stdin: new Uint8Array(5) })).stdout]).toEqual([0, 0, 0, 0, 0]);
  });
}

function quote(value: string): string {
  return `'${value.replaceAll("'", "'\\''")}'`;
}

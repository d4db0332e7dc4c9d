import { expect } from "vitest";
import { text, type ContractContext } from "./context.ts";

export function pythonBehaviours({ shared, start, when }: ContractContext): void {
  const behaviour = when("hasPython");

  behaviour("runs Python 3.10 or newer", async () => {
    const result = await shared().exec(["python3", "-c", "import sys; print(sys.version_info[:2] >= (3, 10))"]);
    expect(text(result.stdout)).toBe("True\n");
  });

  behaviour("returns 5,000,000 bytes of stdout, 1,000,000 of stderr and the 7, every byte", async () => {
    await shared().writeFile(
      "/tmp/loud.py",
      "import sys\nsys.stdout.buffer.write(bytes(i * 7 % 256 for i in range(5_000_000)))\nsys.stderr.buffer.write(bytes(i * 11 % 256 for i in range(1_000_000)))\nsys.exit(7)\n",
    );
    const result = await shared().exec("python3 /tmp/loud.py");
    expect(result).toMatchObject({ exitCode: 7, truncated: false, timedOut: false });
    expect(Buffer.compare(result.stdout, Buffer.from(Uint8Array.from({ length: 5_000_000 }, (_, i) => (i * 7) % 256)))).toBe(0);
    expect(Buffer.compare(result.stderr, Buffer.from(Uint8Array.from({ length: 1_000_000 }, (_, i) => (i * 11) % 256)))).toBe(0);
  });

  behaviour("gives a script its arguments, stdin, folder and environment", async () => {
    const code = "import os, sys\nprint(sys.argv[1:], repr(sys.stdin.read()), os.getcwd(), os.environ['KEY'])";
    await shared().writeFile("/tmp/args.py", code);
    const result = await shared().exec(["python3", "/tmp/args.py", "a b", "it's", "é"], {
      stdin: "ünï\n",
      cwd: "/tmp",
      env: { KEY: "v v" },
    });
    expect(text(result.stdout)).toBe(`['a b', "it's", 'é'] 'ünï\\n' /tmp v v\n`);
  });

  behaviour("reads a program from stdin, in a pipe and in a heredoc", async () => {
    expect(text((await shared().exec("echo 'print(6 * 7)' | python3")).stdout)).toBe("42\n");
    expect(text((await shared().exec("python3 - x <<'END'\nimport sys\nif True:\n    print('''a\n  b''', sys.argv)\nEND")).stdout)).toBe(
      "a\n  b ['-', 'x']\n",
    );
  });

  behaviour("imports modules and packages of the work folder, and reads and writes files there", async () => {
    await using sandbox = await start();
    await sandbox.writeFile("lib/__init__.py", "");
    await sandbox.writeFile("lib/shout.py", "def shout(s):\n    return s.upper() + '!'\n");
    await sandbox.writeFile("main.py", "from lib.shout import shout\nopen('out.txt', 'w').write(shout(open('in.txt').read()))\n");
    await sandbox.writeFile("in.txt", "héllo");
    expect(await sandbox.exec("python3 main.py").then((result) => [text(result.stderr), result.exitCode])).toEqual(["", 0]);
    expect(text(await sandbox.readFile("out.txt"))).toBe("HÉLLO!");
  });

  behaviour("reports sys.exit codes, and messages on stderr", async () => {
    expect((await shared().exec(["python3", "-c", "import sys; sys.exit(7)"])).exitCode).toBe(7);
    const result = await shared().exec(["python3", "-c", "import sys; sys.exit('why')"]);
    expect([result.exitCode, text(result.stderr), text(result.stdout)]).toEqual([1, "why\n", ""]);
  });

  behaviour("writes a traceback with the script's name and line to stderr", async () => {
    await shared().writeFile("/tmp/bad.py", "def f():\n    return 1 / 0\n\nprint('before')\nf()\n");
    const result = await shared().exec("python3 /tmp/bad.py");
    expect([result.exitCode, text(result.stdout)]).toEqual([1, "before\n"]);
    expect(text(result.stderr)).toMatch(/File "\/tmp\/bad\.py", line 5.*line 2, in f.*ZeroDivisionError: division by zero\n$/s);
  });

  behaviour("answers a syntax error and a missing script as Python does", async () => {
    const syntax = await shared().exec(["python3", "-c", "def ("]);
    expect([syntax.exitCode, text(syntax.stderr).includes("SyntaxError")]).toEqual([1, true]);
    expect((await shared().exec("python3 /tmp/no-such-script.py")).exitCode).toBe(2);
  });

  behaviour("passes its bytes through pipes and redirections", async () => {
    const code = "import sys; sys.stdout.buffer.write(bytes(range(256)))";
    await shared().exec(`python3 -c '${code}' > /tmp/py-bytes.bin`);
    expect(new Uint8Array(await shared().readFile("/tmp/py-bytes.bin"))).toEqual(Uint8Array.from({ length: 256 }, (_, i) => i));
    const reader = "import sys; print(sum(sys.stdin.buffer.read()))";
    expect(text((await shared().exec(`python3 -c '${code}' | python3 -c '${reader}'`)).stdout)).toBe(`${(255 * 256) / 2}\n`);
  });

  behaviour("ends an endless loop in Python and stays usable", async () => {
    await using sandbox = await start();
    await sandbox.writeFile("kept.txt", "kept");
    const result = await sandbox.exec(["python3", "-c", "print('before', flush=True)\nwhile True: pass"], { timeoutMs: 3000 });
    expect([result.timedOut, text(result.stdout)]).toEqual([true, "before\n"]);
    expect(text((await sandbox.exec("cat kept.txt; python3 -c 'print(1)'")).stdout)).toBe("kept1\n");
  });
}

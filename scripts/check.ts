/** `npm run check`: everything that a machine can say about the code without running it. Prints what each part took. */
import { spawn } from "node:child_process";

const CHECKS: Record<string, string[]> = {
  format: ["oxfmt", "--check"],
  "lint, sizes, import rules": ["npm", "run", "--silent", "lint"],
  types: ["tsc", "--noEmit", "-p", "."],
  "dead code": ["knip", "--no-progress"],
  "docs: fences and links": ["node", "scripts/check-docs.ts"],
};

const root = new URL("../", import.meta.url);
let failures = 0;

for (const [name, [command = "", ...words]] of Object.entries(CHECKS)) {
  const startedAt = performance.now();
  const { code, output } = await run(command, words);
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  process.stdout.write(`${code === 0 ? "ok    " : "FAILED"}  ${name} (${seconds} s)\n`);
  if (code === 0) continue;
  failures += 1;
  process.stdout.write(`${output.trimEnd()}\n\n`);
}
process.exitCode = failures === 0 ? 0 : 1;

function run(command: string, words: readonly string[]): Promise<{ code: number | null; output: string }> {
  return new Promise((resolve) => {
    const child = spawn(command, words, { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    child.stdout.on("data", (text: Buffer) => void (output += text.toString()));
    child.stderr.on("data", (text: Buffer) => void (output += text.toString()));
    child.on("error", (error) => resolve({ code: 1, output: error.message }));
    child.on("close", (code) => resolve({ code, output }));
  });
}

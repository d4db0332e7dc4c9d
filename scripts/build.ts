/** Compiles the package into dist/ and copies the files that tasks are made of. Run by `npm pack` and `npm publish`. */
import { execFileSync } from "node:child_process";
import { cpSync, rmSync } from "node:fs";
import { extname } from "node:path";

const root = new URL("../", import.meta.url);

rmSync(new URL("dist", root), { recursive: true, force: true });
execFileSync(process.execPath, ["node_modules/typescript/bin/tsc", "-p", "tsconfig.build.json"], { cwd: root, stdio: "inherit" });
// A program for another interpreter.
const forwarder = "sandboxes/container/allow-list/forwarder.pl";
cpSync(new URL(forwarder, root), new URL(`dist/${forwarder}`, root));
// Everything of a task that is no source of ours: instructions, the agent's files, verifiers. An agent's own .ts file would be data too.
cpSync(new URL("tasks", root), new URL("dist/tasks", root), {
  recursive: true,
  filter: (path) => extname(path) !== ".ts" || /\/instances\//.test(path),
});

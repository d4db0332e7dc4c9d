/** Writes docs/errors.md from the table of error codes: `node scripts/generate-errors.ts`. */
import { writeFileSync } from "node:fs";
import { ERROR_CODES } from "../src/core/errors.ts";

const INTRODUCTION = `# Errors

Made by \`node scripts/generate-errors.ts\` from the table in \`src/core/errors.ts\`; edit that.

An error is one line on stderr: what happened, what to do about it, and its code in brackets. \`--debug\` adds the stack trace.
Codes are stable: a trial that ended in error carries its code in \`predictions.jsonl\` and in its trace.

The exit code is that of the command when the error ends it. An error that ends one trial does not end the run: the other trials go on, and the command then exits with 1 (\`--allow-errors\` changes that). 130 is an interruption by Ctrl-C.

| code | exit code | meaning |
| --- | --- | --- |
`;

/** The whole page. */
export function errorsPage(): string {
  return `${INTRODUCTION}${Object.entries(ERROR_CODES)
    .map(([code, { exit, means }]) => `| \`${code}\` | ${exit} | ${means} |\n`)
    .join("")}`;
}

if (import.meta.main) writeFileSync(new URL("../docs/errors.md", import.meta.url), errorsPage());

/** Writes docs/errors.md from the table of error codes: `node scripts/generate-errors.ts`. */
import { writeFileSync } from "node:fs";
import { ERROR_CODES, ERROR_ENDS } from "../src/core/errors.ts";

const INTRODUCTION = `# Errors

Made by \`node scripts/generate-errors.ts\` from the table in \`src/core/errors.ts\`; edit that.

An error is one line on stderr: what happened, what to do about it, and its code in brackets. \`--debug\` adds the stack trace.
Codes are stable: a trial that ended in error carries its code in \`predictions.jsonl\` and in its trace.

The exit code is that of the command when the error ends it. Before the first trial, every error does. Where trials ended in error and the run went on, the command exits with 1 (\`--allow-errors\` changes that). 130 is an interruption by Ctrl-C.

What an error ends that happens within a trial:

${Object.entries(ERROR_ENDS)
  .map(([ends, means]) => `- **${ends}**: ${means}.\n`)
  .join("")}
| code | exit code | ends | meaning |
| --- | --- | --- | --- |
`;

/** The whole page. */
export function errorsPage(): string {
  return `${INTRODUCTION}${Object.entries(ERROR_CODES)
    .map(([code, { exit, ends, means }]) => `| \`${code}\` | ${exit} | ${ends} | ${means} |\n`)
    .join("")}`;
}

if (import.meta.main) writeFileSync(new URL("../docs/errors.md", import.meta.url), errorsPage());

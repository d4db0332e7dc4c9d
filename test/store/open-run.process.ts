/** Opens a run folder in a process of its own, says how that went, and holds it until its input ends. */
import { AssayError } from "../../src/core/errors.ts";
import { openRunFolder } from "../../src/store/open-run.ts";

try {
  const { folder, takenOverFrom } = await openRunFolder(process.argv[2] ?? "", { secrets: [] });
  process.stdout.write(`opened ${takenOverFrom ?? "-"}\n`);
  for await (const _ of process.stdin);
  await folder[Symbol.asyncDispose]();
} catch (error) {
  process.stdout.write(`${error instanceof AssayError ? `${error.code} ${error.message}` : String(error)}\n`);
}

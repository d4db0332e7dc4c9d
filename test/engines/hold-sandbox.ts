/** A process that owns two sandboxes: prints their ids and waits to be killed, or with `--leave` disposes of them and ends. */
import { sandboxSpecSchema, type SandboxDefinition } from "../../src/index.ts";

const [runId = "held", option, name = "docker"] = process.argv.slice(2);
const { default: definition }: { default: SandboxDefinition } = await import(`../../sandboxes/${name}.ts`);
await using backend = await definition.open();
const spec = sandboxSpecSchema.parse({});
const owner = { runId, trialId: "held/1/1", attempt: 1 };
const sandboxes = await Promise.all([backend.start(spec, { owner }), backend.start(spec, { owner })]);
await using shell = await sandboxes[0].shell();
await shell.exec("sleep 600 &");
console.log(sandboxes.map((sandbox) => sandbox.id).join(" "));
if (option !== "--leave") await sandboxes[1].exec("sleep 600", { timeoutMs: 600_000 });

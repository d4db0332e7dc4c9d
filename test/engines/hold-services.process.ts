/** A process that holds a sandbox with services until it is killed. */
import { sandboxSpecSchema } from "../../src/index.ts";
import { testEngines } from "./engines.ts";

const [title = "", compose = "", runId = ""] = process.argv.slice(2);
const engine = (await testEngines("docker", "rootful", "rootless")).find((candidate) => candidate.title === title);
if (!engine) throw new Error(`There is no engine ${title}.`);
const backend = await engine.definition.open();
await backend.start(sandboxSpecSchema.parse({ compose }), { owner: { runId, trialId: "held/1/1", attempt: 1 } });
console.log("held");
setInterval(() => {}, 1_000);

/** Asks a user's own provider one thing, as the engine would: `node ask-own-provider.process.ts FILE BASE_URL`. Prints the reply as JSON. */
import { loadPart } from "../../src/run/registry.ts";
import { open, trial, user } from "./stand-in.ts";

const [path = "", baseURL = ""] = process.argv.slice(2);
await using model = await open(await loadPart("provider", path), `./${path}/any`, { baseURL });
console.log(JSON.stringify(await model.ask(await model.client.forTrial(trial()), [user("6 × 7?")])));

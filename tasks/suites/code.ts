import { defineSuite } from "../../src/index.ts";

export default defineSuite({
  name: "code",
  description: "Writing Python functions, in a reply and as an agent.",
  members: ["humaneval", "humaneval:agent"],
  aggregation: "AVERAGE",
});

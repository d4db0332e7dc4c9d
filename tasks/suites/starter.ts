import { defineSuite } from "../../src/index.ts";

export default defineSuite({
  name: "starter",
  description: "A first look at a model: agent jobs, code and word problems, each area counting once.",
  members: ["basics", "code", "math"],
  aggregation: "AVERAGE_OF_AVERAGES",
});

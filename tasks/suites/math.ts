import { defineSuite } from "../../src/index.ts";

export default defineSuite({
  name: "math",
  description: "Word problems with one number as the answer, plain and with reasoning asked for.",
  members: ["gsm8k", "gsm8k:cot"],
  aggregation: "AVERAGE",
});

/** HealthBench's reading of its grader. Source: openai/simple-evals, healthbench_eval.py, parse_json_to_dict. */
import { jsonSchema, type Json } from "../../../core/json.ts";
import { pyStrip } from "../../extract/python-text.ts";

/** The JSON of a reply whose ```` ```json ```` fence is taken off; an empty object, which its caller asks again for, where it is none. */
export function healthBenchJson(text: string): Json {
  try {
    return jsonSchema.parse(JSON.parse(pyStrip(text).replaceAll(/^```json\s*|\s*```$/g, "")));
  } catch {
    return {};
  }
}

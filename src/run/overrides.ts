/** `-o key=value`: typed settings of a run, checked against one schema. */
import { z } from "zod";
import { AssayError } from "../core/errors.ts";
import type { Json } from "../core/json.ts";
import { judgingSchema } from "../core/judging.ts";
import { limitsSchema } from "../core/limits.ts";
import { samplingSchema } from "../core/message.ts";
import { providerOptionsSchema } from "../core/model.ts";
import { sandboxSpecSchema } from "../core/sandbox-spec.ts";
import { nearestName } from "../core/nearest.ts";

/** Every key that `-o` understands; `settings.*` is checked by the task it goes to. */
const overridesSchema = z.strictObject({
  data: z
    .union([z.string().min(1), z.record(z.string(), z.string().min(1))])
    .optional()
    .describe("where the rows come from: a path or hf://owner/name; of one task among several: data.<task>"),
  limits: limitsSchema.optional(),
  sampling: samplingSchema.optional(),
  provider: providerOptionsSchema.optional(),
  sandbox: sandboxSpecSchema.partial().optional(),
  harness: z
    .strictObject({
      systemPrompt: z.string().optional(),
      commandTimeoutMs: z.number().int().positive().optional(),
      shownCharacters: z.number().int().positive().optional(),
    })
    .optional(),
  judging: judgingSchema.optional(),
  settings: z.record(z.string(), z.json()).optional(),
});

export type Overrides = z.output<typeof overridesSchema>;

/** Every full key with its description, for `--help`, the docs and the nearest-name answer. */
export function overrideKeys(): { key: string; description: string }[] {
  const keys: { key: string; description: string }[] = [];
  const walk = (schema: JsonSchema, path: string) => {
    const properties = schema.properties ?? schema.anyOf?.find((choice) => choice.properties)?.properties;
    if (!properties) return void keys.push({ key: path, description: schema.description ?? "" });
    // What may be a plain value too is a key itself.
    if (schema.anyOf?.some((choice) => !choice.properties)) keys.push({ key: path, description: schema.description ?? "" });
    for (const [name, child] of Object.entries(properties)) walk(child, path ? `${path}.${name}` : name);
  };
  walk(z.toJSONSchema(overridesSchema, { io: "input" }) as JsonSchema, "");
  return keys.filter(({ key }) => key !== "settings");
}

interface JsonSchema {
  description?: string;
  properties?: Record<string, JsonSchema>;
  anyOf?: JsonSchema[];
}

/** Parses all `-o` options of a command; a later one wins over an earlier one. Throws `usage/bad-override`. */
export function parseOverrides(options: readonly string[]): Overrides {
  let overrides: Overrides = {};
  for (const option of options) {
    const at = option.indexOf("=");
    if (at < 1)
      throw new AssayError("usage/bad-override", `-o ${option}: expected key=value.`, { hint: "For example: -o sampling.temperature=0.2" });
    overrides = applyOverride(overrides, option.slice(0, at), option.slice(at + 1));
  }
  return overrides;
}

function applyOverride(current: Overrides, key: string, text: string): Overrides {
  let parsed = overridesSchema.safeParse(withPath(current, key, jsonOrText(text)));
  // A string setting may look like a number: data=2024.jsonl is text anyway, systemPrompt=42 becomes it here.
  if (!parsed.success) {
    const asText = overridesSchema.safeParse(withPath(current, key, text));
    if (asText.success) parsed = asText;
  }
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  if (issue?.code === "unrecognized_keys") {
    const known = overrideKeys().map((entry) => entry.key);
    const nearest = nearestName(key, known);
    throw new AssayError("usage/bad-override", `-o ${key}=…: there is no setting ${JSON.stringify(key)}.`, {
      hint: nearest ? `Did you mean ${nearest}?` : `Settings: ${known.join(", ")}.`,
    });
  }
  throw new AssayError("usage/bad-override", `-o ${key}=${text}: ${issue?.message ?? "not a value it takes"}.`, {
    hint: "Values are JSON; text needs no quotes. For example: -o limits.turns=20",
  });
}

function jsonOrText(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return text;
  }
}

function withPath(target: object, key: string, value: Json): object {
  const [head = "", ...rest] = key.split(".");
  const child: unknown = Object.hasOwn(target, head) ? Reflect.get(target, head) : undefined;
  const next = rest.length === 0 ? value : withPath(typeof child === "object" && child !== null ? child : {}, rest.join("."), value);
  return { ...target, [head]: next };
}

/** Words for a zod schema, for the tables of docs/trace-format.md. */
import { z } from "zod";

interface JsonSchema {
  $ref?: string;
  type?: string | string[];
  const?: unknown;
  enum?: unknown[];
  anyOf?: JsonSchema[];
  oneOf?: JsonSchema[];
  items?: JsonSchema | false;
  prefixItems?: JsonSchema[];
  properties?: Record<string, JsonSchema>;
  required?: string[];
  additionalProperties?: JsonSchema | boolean;
  description?: string;
  $defs?: Record<string, JsonSchema>;
}

/** A named schema comes as a reference, its definition in `$defs`. */
function jsonSchemaOf(schema: z.ZodType): JsonSchema {
  // the types of zod's own JSON Schema are wider than what the tables need.
  return z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }) as JsonSchema;
}

function objectText(schema: JsonSchema): string {
  const properties = Object.entries(schema.properties ?? {});
  if (properties.length === 0)
    return typeof schema.additionalProperties === "object" ? `object of ${typeText(schema.additionalProperties)}` : "object";
  return `{ ${properties.map(([name, item]) => `${name}${schema.required?.includes(name) ? "" : "?"}: ${typeText(item)}`).join(", ")} }`;
}

function typeText(schema: JsonSchema): string {
  const { $ref: reference, anyOf, oneOf } = schema;
  if (reference !== undefined) {
    const name = reference.split("/").at(-1) ?? "";
    return name.startsWith("__") ? "JSON" : `[${name}](#${name.toLowerCase()})`;
  }
  if (schema.const !== undefined) return `\`${JSON.stringify(schema.const)}\``;
  if (schema.enum !== undefined) return schema.enum.map((value) => `\`${JSON.stringify(value)}\``).join(" or ");
  const choices = anyOf ?? oneOf;
  if (choices !== undefined) return choices.map(typeText).join(" or ");
  if (schema.prefixItems !== undefined) return `[${schema.prefixItems.map(typeText).join(", ")}]`;
  if (Array.isArray(schema.type)) return schema.type.join(" or ");
  if (schema.type === "array") return `array of (${schema.items ? typeText(schema.items) : "JSON"})`;
  if (schema.type === "object") return objectText(schema);
  return typeof schema.type === "string" ? schema.type : "JSON";
}

/** The type of a schema in words. */
export function typeOf(schema: z.ZodType): string {
  return typeText(jsonSchemaOf(schema)).replaceAll("|", "\\|");
}

/** A table of an object's keys; a key with `?` may be absent. */
export function tableOf(schema: z.ZodType): string {
  const whole = jsonSchemaOf(schema);
  const definition = whole.$ref === undefined ? undefined : whole.$defs?.[whole.$ref.split("/").at(-1) ?? ""];
  const { properties = {}, required = [] } = definition ?? whole;
  const rows = Object.entries(properties).map(
    ([name, item]) =>
      `| \`${name}\`${required.includes(name) ? "" : " ?"} | ${typeText(item).replaceAll("|", "\\|")} | ${item.description ?? ""} |`,
  );
  return ["| key | type | meaning |", "|---|---|---|", ...rows].join("\n");
}
